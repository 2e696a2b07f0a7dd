//! What is wrong with text that the grammar has no place for.

use super::grammar::is_of_word;
use super::{Fault, Input, remaining};
use crate::estimator::expr::ErrorKind;
use winnow::stream::Location;

/// What is wrong with the text where an operator or an end would be right.
pub(super) fn operator(input: &Input) -> Fault {
    let (kind, length) = match remaining(input) {
        text if text.starts_with(')') => (ErrorKind::Unopened, 1),
        text if text.starts_with(',') => (ErrorKind::Comma, 1),
        text if text.starts_with(['<', '>']) => (ErrorKind::Comparison, 1),
        text if text.starts_with(|c: char| c.is_ascii_alphanumeric() || "_.(".contains(c)) => {
            (ErrorKind::NoOperator, word_length(text).max(1))
        }
        text => foreign(text),
    };
    fault_here(input, kind, length)
}

/// What is wrong with the text where an operand would be right.
pub(super) fn operand(input: &Input) -> Fault {
    let (kind, length) = match remaining(input) {
        "" => (ErrorKind::NoOperand, 0),
        text if text.starts_with(['+', '*', '/', '^', ')', ',', '<', '>', '.']) => (ErrorKind::NoOperand, 1),
        text => foreign(text),
    };
    fault_here(input, kind, length)
}

fn fault_here(input: &Input, kind: ErrorKind, length: usize) -> Fault {
    let start = input.current_token_start();
    Fault { kind, span: start..start + length }
}

fn word_length(text: &str) -> usize {
    text.find(|c| !is_of_word(c)).unwrap_or(text.len())
}

/// Operators and brackets of other languages, and this one's.
const FOREIGN: [(&str, &str); 14] = [
    ("**", "^"),
    ("\u{2212}", "-"),
    ("\u{2013}", "-"),
    ("\u{d7}", "*"),
    ("\u{b7}", "*"),
    ("\u{f7}", "/"),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("||", "abs(x)"),
    ("|", "abs(x)"),
    ("[", "("),
    ("]", ")"),
    ("{", "("),
    ("}", ")"),
];

fn foreign(text: &str) -> (ErrorKind, usize) {
    match FOREIGN.into_iter().find(|(symbol, _)| text.starts_with(symbol)) {
        Some((symbol, word)) => (ErrorKind::Foreign(symbol.to_owned(), Some(word)), symbol.len()),
        None => {
            let symbol: String = text.chars().take(1).collect();
            let length = symbol.len();
            (ErrorKind::Foreign(symbol, None), length)
        }
    }
}
