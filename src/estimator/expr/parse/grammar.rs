//! The rules of the grammar.

use super::call::call;
use super::{Fault, Input, Parsed, blank, misplaced, nested, remaining, token};
use crate::estimator::expr::names::{self, Function, Names};
use crate::estimator::expr::{ErrorKind, Expr};
use std::ops::Range;
use winnow::ascii::{digit0, digit1};
use winnow::combinator::{alt, opt};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

pub(super) fn sum(input: &mut Input) -> Parsed<Expr> {
    let mut left = product(input)?;
    loop {
        blank(input)?;
        match opt(one_of(['+', '-'])).parse_next(input)? {
            Some('+') => left = left + product(input)?,
            Some(_) => left = left - product(input)?,
            None => return Ok(left),
        }
    }
}

fn product(input: &mut Input) -> Parsed<Expr> {
    let mut left = signed(input)?;
    loop {
        blank(input)?;
        if remaining(input).starts_with("**") {
            return Err(misplaced::operator(input));
        }
        match opt(one_of(['*', '/'])).parse_next(input)? {
            Some('*') => left = left * signed(input)?,
            Some(_) => left = left / signed(input)?,
            None => return Ok(left),
        }
    }
}

fn signed(input: &mut Input) -> Parsed<Expr> {
    let mut negative = false;
    while token(input, "-")?.is_some() {
        negative = !negative;
    }
    let power = power(input)?;
    Ok(if negative { -power } else { power })
}

fn power(input: &mut Input) -> Parsed<Expr> {
    let base = operand(input)?;
    Ok(match token(input, "^")? {
        Some(_) => base.pow(nested(input, signed)?),
        None => base,
    })
}

fn operand(input: &mut Input) -> Parsed<Expr> {
    if let Some(bracket) = token(input, "(")? {
        let inner = nested(input, sum)?;
        close(input, bracket)?;
        return Ok(inner);
    }
    match remaining(input).as_bytes() {
        [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => number(input),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => named(input),
        _ => Err(misplaced::operand(input)),
    }
}

fn number(input: &mut Input) -> Parsed<Expr> {
    let mantissa = alt(((digit1, opt(('.', digit0))).void(), ('.', digit1).void()));
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let (text, span) = (mantissa, opt(exponent)).take().with_span().parse_next(input)?;
    let value: f64 = text.parse().map_err(|_| Fault { kind: ErrorKind::NoOperand, span: span.clone() })?;
    let nothing = |mantissa: &str| mantissa.chars().all(|c| matches!(c, '0' | '.'));
    if value.is_infinite() || (value == 0.0 && !nothing(text.split(['e', 'E']).next().unwrap_or(text))) {
        return Err(Fault { kind: ErrorKind::OutOfRange, span });
    }
    Ok(Expr::from(value))
}

/// A name, or a function with its arguments.
fn named(input: &mut Input) -> Parsed<Expr> {
    let (name, span) = take_while(1.., is_of_word).with_span().parse_next(input)?;
    let bracket = token(input, "(")?;
    match (Function::named(name), bracket) {
        (Some((function, usage)), Some(bracket)) => call(input, function, usage, span, bracket),
        (Some((_, usage)), None) => Err(Fault { kind: ErrorKind::NoArguments(usage), span }),
        (None, bracket) => lookup(name, input.state.names, bracket.is_some()).map_err(|kind| Fault { kind, span }),
    }
}

fn lookup(name: &str, names: &dyn Names, called: bool) -> Result<Expr, ErrorKind> {
    match names::leaf(name).or_else(|| names.find(name)) {
        Some(_) if called => Err(ErrorKind::NotAFunction(name.to_owned())),
        Some(expression) => Ok(expression),
        None => Err(match names.refusal(name) {
            Some(reason) => ErrorKind::Refused(name.to_owned(), reason),
            None => ErrorKind::UnknownName(name.to_owned(), names::nearest(name, names)),
        }),
    }
}

/// The end of a bracket.
pub(super) fn close(input: &mut Input, bracket: Range<usize>) -> Parsed<()> {
    if token(input, ")")?.is_some() {
        return Ok(());
    }
    match remaining(input) {
        "" => Err(Fault { kind: ErrorKind::Unclosed, span: bracket }),
        _ => Err(misplaced::operator(input)),
    }
}

pub(super) fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}
