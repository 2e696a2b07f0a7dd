//! From text to an expression; one function for each rule of the grammar.
//!
//! Every rule reads on from where the last one stopped and never goes back, so that the first error is the error.

mod call;
mod grammar;
mod misplaced;

use super::check::{self, MAX_CHARACTERS, MAX_LEVELS};
use super::names::Names;
use super::{Error, ErrorKind, Expr};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use winnow::ascii::multispace0;
use winnow::combinator::opt;
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful};

impl Expr {
    /// The expression that a text describes, in which estimators may stand by their names.
    ///
    /// It need not be a loss: `sg(D)` and `2` are expressions too. See [`Expr::parse_loss`].
    pub fn parse(text: &str, names: &dyn Names) -> Result<Self, Error> {
        parse(text, names).map(|(expression, _)| expression).map_err(|fault| fault.in_text(text))
    }

    /// The expression that a text describes, which has to be a loss: see [`Expr::check`].
    pub fn parse_loss(text: &str, names: &dyn Names) -> Result<Self, Error> {
        let loss = parse(text, names).and_then(|(expression, stopped)| {
            match check::problem(&expression) {
                None => Ok(expression),
                Some(ErrorKind::NoGradient(_)) => Err(ErrorKind::NoGradient(stopped)),
                Some(kind) => Err(kind),
            }
            .map_err(|kind| Fault { kind, span: whole(text) })
        });
        loss.map_err(|fault| fault.in_text(text))
    }
}

impl FromStr for Expr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text, &())
    }
}

/// What is wrong, and where.
#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    span: Range<usize>,
}

impl Fault {
    fn in_text(self, text: &str) -> Error {
        let length = text[self.span.clone()].trim_end().len();
        Error { kind: self.kind, text: text.to_owned(), span: self.span.start..self.span.start + length }
    }
}

#[derive(Clone)]
struct State<'a> {
    names: &'a dyn Names,
    level: usize,
    /// Where the last `sg(...)` stands, and what is in it.
    stopped: Option<(Range<usize>, Range<usize>)>,
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("State").field("level", &self.level).finish_non_exhaustive()
    }
}

type Input<'a> = Stateful<LocatingSlice<&'a str>, State<'a>>;
type Parsed<T> = Result<T, Fault>;

impl ParserError<Input<'_>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input) -> Self {
        let start = input.current_token_start();
        Self { kind: ErrorKind::NoOperand, span: start..start }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// The expression, and what `sg` stops where the whole text is one `sg(...)`.
fn parse(text: &str, names: &dyn Names) -> Parsed<(Expr, Option<String>)> {
    let characters = text.chars().count();
    let empty = text.trim().is_empty().then_some(ErrorKind::Empty);
    if let Some(kind) = empty.or((characters > MAX_CHARACTERS).then_some(ErrorKind::TooLong(characters))) {
        return Err(Fault { kind, span: 0..text.len() });
    }
    let state = State { names, level: 0, stopped: None };
    let mut input = Input { input: LocatingSlice::new(text), state };
    let expression = grammar::sum(&mut input)?;
    blank(&mut input)?;
    if !remaining(&input).is_empty() {
        return Err(misplaced::operator(&input));
    }
    let stopped = input.state.stopped.filter(|(call, _)| *call == whole(text));
    Ok((expression, stopped.map(|(_, inner)| text[inner].trim().to_owned())))
}

/// Where the text is that is not blank.
fn whole(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

fn blank(input: &mut Input) -> Parsed<()> {
    multispace0.void().parse_next(input)
}

/// The next token, if it is this one, and where it stands.
fn token(input: &mut Input, symbol: &'static str) -> Parsed<Option<Range<usize>>> {
    blank(input)?;
    opt(symbol.span()).parse_next(input)
}

/// A rule one level deeper.
fn nested<T>(input: &mut Input, rule: impl Fn(&mut Input) -> Parsed<T>) -> Parsed<T> {
    if input.state.level == MAX_LEVELS {
        let start = input.previous_token_end();
        return Err(Fault { kind: ErrorKind::TooDeep, span: start.saturating_sub(1)..start });
    }
    input.state.level += 1;
    let result = rule(input);
    input.state.level -= 1;
    result
}

/// The text that is not yet read.
fn remaining<'a>(input: &Input<'a>) -> &'a str {
    *input.input
}
