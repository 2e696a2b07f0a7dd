//! A function and its arguments.

use super::grammar::{close, sum};
use super::{Fault, Input, Parsed, blank, nested, token};
use crate::estimator::expr::names::Function;
use crate::estimator::expr::node::Comparison;
use crate::estimator::expr::{Condition, ErrorKind, Expr};
use std::ops::Range;
use winnow::combinator::{alt, opt};
use winnow::prelude::*;
use winnow::stream::Location;

struct Argument {
    value: Expr,
    /// What it is compared with.
    compared: Option<(Comparison, Expr)>,
    span: Range<usize>,
}

pub(super) fn call(
    input: &mut Input,
    function: Function,
    usage: &'static str,
    name: Range<usize>,
    bracket: Range<usize>,
) -> Parsed<Expr> {
    let arguments = arguments(input, bracket.clone())?;
    let (inner, span) = (bracket.end..input.previous_token_end() - 1, name.start..input.previous_token_end());
    let wanted = usage.matches(',').count() + 1;
    if arguments.len() != wanted {
        return Err(Fault { kind: ErrorKind::WrongArguments(usage, arguments.len()), span });
    }
    if matches!(usage, "sg(x)" | "detach(x)") {
        input.state.stopped = Some((span, inner));
    }
    apply(function, &arguments)
}

fn arguments(input: &mut Input, bracket: Range<usize>) -> Parsed<Vec<Argument>> {
    let mut arguments = Vec::new();
    if token(input, ")")?.is_some() {
        return Ok(arguments);
    }
    loop {
        arguments.push(nested(input, argument)?);
        if token(input, ",")?.is_none() {
            close(input, bracket)?;
            return Ok(arguments);
        }
    }
}

fn argument(input: &mut Input) -> Parsed<Argument> {
    blank(input)?;
    let start = input.current_token_start();
    let value = sum(input)?;
    let compared = match comparison(input)? {
        Some(comparison) => Some((comparison, sum(input)?)),
        None => None,
    };
    Ok(Argument { value, compared, span: start..input.previous_token_end() })
}

fn comparison(input: &mut Input) -> Parsed<Option<Comparison>> {
    blank(input)?;
    opt(alt((
        "<=".value(Comparison::AtMost),
        "<".value(Comparison::Less),
        ">=".value(Comparison::AtLeast),
        ">".value(Comparison::Greater),
    )))
    .parse_next(input)
}

fn apply(function: Function, arguments: &[Argument]) -> Parsed<Expr> {
    let conditions = usize::from(matches!(function, Function::Where));
    if let Some(argument) = arguments[conditions..].iter().find(|argument| argument.compared.is_some()) {
        return Err(Fault { kind: ErrorKind::Comparison, span: argument.span.clone() });
    }
    let value = |index: usize| &arguments[index].value;
    Ok(match function {
        Function::One(function) => function(value(0)),
        Function::Two(function) => function(value(0), value(1)),
        Function::Clamp => {
            let (low, high) = (bound(&arguments[1])?, bound(&arguments[2])?);
            if low > high {
                let span = arguments[1].span.start..arguments[2].span.end;
                return Err(Fault { kind: ErrorKind::Bounds(low, high), span });
            }
            value(0).clamp(low, high)
        }
        Function::Where => match &arguments[0].compared {
            Some((comparison, right)) => {
                Condition::new(*comparison, value(0).clone(), right.clone()).choose(value(1), value(2))
            }
            None => return Err(Fault { kind: ErrorKind::NoComparison, span: arguments[0].span.clone() }),
        },
    })
}

fn bound(argument: &Argument) -> Parsed<f64> {
    let fault = || Fault { kind: ErrorKind::NotANumber, span: argument.span.clone() };
    argument.value.as_constant().filter(|bound| !bound.is_nan()).ok_or_else(fault)
}
