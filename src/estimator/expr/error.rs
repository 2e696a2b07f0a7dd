use super::check::{MAX_CHARACTERS, MAX_LEVELS};
use std::fmt;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// An expression that cannot be used, and where in its text the reason lies.
///
/// It is displayed as a message and below it the text with a caret under the place.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub(super) kind: ErrorKind,
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no text.
    Empty,
    /// The text has this many characters, which is more than 4,000.
    TooLong(usize),
    /// Brackets, functions and exponents stand within each other to more than 100 levels.
    TooDeep,
    /// Something else stands where a number, a name, a function or a bracket has to.
    NoOperand,
    /// Two operands stand side by side.
    NoOperator,
    /// A character, or an operator of another language; this one's is the second.
    Foreign(String, Option<&'static str>),
    /// A bracket that nothing closes.
    Unclosed,
    /// A bracket that closes nothing.
    Unopened,
    /// A comma that separates no arguments.
    Comma,
    /// A name that is not known, and the nearest that are.
    UnknownName(String, Vec<String>),
    /// A name that is known but cannot stand within an expression, and the reason.
    Refused(String, String),
    /// Something in brackets follows a name that is no function.
    NotAFunction(String),
    /// A function without its arguments; how it is written.
    NoArguments(&'static str),
    /// How a function is written, and the number of arguments that it was given.
    WrongArguments(&'static str, usize),
    /// A number that 64 bits do not hold.
    OutOfRange,
    /// The bounds of a clamp that are not in order.
    Bounds(f64, f64),
    /// A bound of a clamp that is not a number.
    NotANumber,
    /// A comparison that is not the first argument of `where`.
    Comparison,
    /// A first argument of `where` that is not a comparison.
    NoComparison,
    /// No gradient flows to log pi_theta; what `sg(...)` stops, where that is all.
    NoGradient(Option<String>),
    /// What stands within a sum over the vocabulary, which sees one token at a time.
    WithinFull(&'static str),
    /// The value and the gradient coefficient where pi_theta, pi_ref and the policy that drew the sample are equal.
    NotFinite(f64, f64),
}

impl Error {
    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The text of the expression.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the text, in bytes; the span is empty where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.kind {
            ErrorKind::Empty | ErrorKind::TooLong(_) => Ok(()),
            _ => write!(f, "\n{}", marked(&self.text, &self.span)),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the expression is empty; write a loss such as k3 or clamp(D^2 / 2, -10, 10)"),
            Self::TooLong(count) => {
                write!(f, "the expression has {count} characters; at most {MAX_CHARACTERS} are allowed")
            }
            Self::TooDeep => write!(f, "the expression is nested too deeply; at most {MAX_LEVELS} levels are allowed"),
            Self::NoOperand => write!(f, "a number, a name, a function or a bracket is expected here"),
            Self::NoOperator => write!(f, "an operator is missing here"),
            Self::Foreign(symbol, None) => write!(f, "`{symbol}` means nothing in an expression"),
            Self::Foreign(symbol, Some(word)) => write!(f, "`{symbol}` means nothing in an expression; write `{word}`"),
            Self::Unclosed => write!(f, "this bracket is not closed: a `)` is missing"),
            Self::Unopened => write!(f, "this bracket closes nothing: a `(` is missing, or the `)` is one too many"),
            Self::Comma => write!(f, "a comma separates the arguments of a function and nothing else"),
            Self::UnknownName(name, nearest) if nearest.is_empty() => {
                write!(f, "`{name}` is not known; a sample has logp, ref, old, D, r, w and rho")
            }
            Self::UnknownName(name, nearest) => {
                write!(f, "`{name}` is not known; did you mean `{}`?", nearest.join("` or `"))
            }
            Self::Refused(name, reason) => write!(f, "`{name}` cannot stand within an expression: {reason}"),
            Self::NotAFunction(name) => write!(f, "`{name}` is not a function; a product is written with `*`"),
            Self::NoArguments(usage) => write!(f, "a function needs its arguments: {usage}"),
            Self::WrongArguments(usage, given) => write!(f, "the number of arguments is {given}; write {usage}"),
            Self::OutOfRange => write!(f, "this number is out of the range of 64-bit floating point"),
            Self::Bounds(low, high) => write!(f, "the lower bound, {low}, is above the upper bound, {high}"),
            Self::NotANumber => {
                write!(f, "the bounds of clamp have to be numbers; for others write min(max(x, lo), hi)")
            }
            Self::Comparison => write!(f, "a comparison stands only in where(a < b, x, y), as its first argument"),
            Self::NoComparison => write!(f, "where needs a comparison as its first argument: where(a < b, x, y)"),
            Self::NoGradient(inner) => {
                write!(f, "no gradient flows to the policy: no logp, D, r, w or rho counts outside of sg")?;
                inner.as_ref().map_or(Ok(()), |inner| write!(f, "; did you mean `reward({inner})`?"))
            }
            Self::WithinFull(name) => write!(
                f,
                "`{name}` stands within full, which sees one token at a time; {name} of full(x) would be right"
            ),
            Self::NotFinite(value, coefficient) => write!(
                f,
                "the expression is not finite at D = 0, where the policies are equal: its value is {value}, its gradient \
                 coefficient {coefficient}"
            ),
        }
    }
}

/// How many characters of a text are shown, at most, and how many of these stand before the place.
const SHOWN: usize = 100;
const SHOWN_BEFORE: usize = 40;

/// The text around a place, and carets under it.
fn marked(text: &str, span: &Range<usize>) -> String {
    let characters: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let start = text[..span.start].chars().count();
    let end = start + text[span.clone()].chars().count();
    let from = if characters.len() <= SHOWN { 0 } else { start.saturating_sub(SHOWN_BEFORE) };
    let to = characters.len().min(from + SHOWN);
    let dots = |cut: bool| if cut { "..." } else { "" };
    let (left, right) = (dots(from > 0), dots(to < characters.len()));
    let shown: String = characters[from..to].iter().collect();
    let indent = " ".repeat(left.len() + columns(&characters[from..start]));
    let carets = "^".repeat(columns(&characters[start..end.min(to)]).max(1));
    format!("  {left}{shown}{right}\n  {indent}{carets}")
}

/// How wide characters are on a terminal.
fn columns(characters: &[char]) -> usize {
    characters.iter().map(|c| c.width().unwrap_or(0)).sum()
}
