//! Text to expression and back, for random expressions and for text that is none.

use super::form::forms;
use super::{for_all, names};
use klgrad::estimator::expr::Expr;
use proptest::prelude::*;

#[test]
fn printing_and_parsing_are_inverse() {
    for_all(5000, &forms(), |form| {
        let expression = Expr::parse(&form.text(), &()).expect("it is in the language");
        let printed = expression.to_string();
        let again = Expr::parse(&printed, &());
        prop_assert_eq!(again.as_ref(), Ok(&expression), "{} of {}", printed, form.text());
        Ok(())
    });
}

/// Linear forms of any factors, whose text has to keep each of them and the slope.
#[test]
fn linear_forms_are_printed_to_the_last_bit() {
    let factor = prop_oneof![Just(0.0), Just(1.0), Just(-1.0), Just(1.0 / 3.0), Just(-0.1), Just(2.0), -1e3..1e3];
    let logs = [Expr::log_prob, Expr::log_ratio, Expr::log_rho, Expr::log_ref, Expr::log_old];
    for_all(2000, &prop::array::uniform(factor), |factors: [f64; 11]| {
        let live = logs.iter().zip(factors).map(|(log, factor)| factor * log());
        let stopped = logs.iter().zip(&factors[5..]).map(|(log, factor)| *factor * log().stop());
        let sum = live.chain(stopped).fold(Expr::from(factors[10]), |sum, term| sum + term);
        let again = Expr::parse(&sum.to_string(), &());
        prop_assert_eq!(again.as_ref(), Ok(&sum), "{}", sum);
        Ok(())
    });
}

#[test]
fn any_text_is_parsed_or_refused_with_its_place() {
    let words = prop::sample::select(WORDS);
    let text = prop_oneof![
        any::<String>(),
        prop::collection::vec(words.clone(), 0..40).prop_map(|words| words.concat()),
        (forms(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), words).prop_map(
            |(form, from, to, word)| {
                // A part of the text of an expression replaced by something else.
                let text = form.text();
                let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
                format!("{}{word}{}", &text[..from.min(to)], &text[from.max(to)..])
            }
        ),
    ];
    for_all(5000, &text, |text| {
        match Expr::parse_loss(&text, &names()) {
            Ok(expression) => prop_assert_eq!(Expr::parse(&expression.to_string(), &()), Ok(expression)),
            Err(error) => {
                prop_assert!(text.get(error.span()).is_some(), "{:?}", error);
                prop_assert!(!error.to_string().is_empty());
            }
        }
        Ok(())
    });
}

const WORDS: &[&str] = &[
    "logp",
    "ref",
    "old",
    "D",
    "r",
    "w",
    "rho",
    "length",
    "inf",
    "k1",
    "k3",
    "exp",
    "log",
    "sg",
    "sum",
    "after",
    "clamp",
    "where",
    "reward",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "^",
    "<",
    "<=",
    ">",
    "1",
    "0",
    ".5",
    "1e308",
    "1e999",
    " ",
    "\n",
    "\u{2212}",
    "**",
    "e",
    "2D",
    "\u{1f600}",
    "\u{e9}",
    "=",
    "clamp(D, 1, 0)",
    "\t",
    "((((",
    "----",
    "\u{0}",
];
