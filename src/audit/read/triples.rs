//! Tokens as SGLang writes them: lists of a log-probability, the number of the token, and its text or null.

use super::LONGEST;
use super::json::{self, number};

/// The log-probabilities of a list of such tokens; none where the first of them is something else.
pub(super) fn numbers(list: &str, into: &mut Vec<f64>) -> Option<Result<(), String>> {
    is_of_triples(list).then_some(())?;
    let mut wrong = None;
    let visited = json::items(list, |item| match triple(item) {
        Some(log_prob) if into.len() < LONGEST => {
            into.push(log_prob);
            true
        }
        other => {
            wrong = Some(other.map_or("holds another value than those before", |_| "has too many tokens"));
            false
        }
    });
    let wrong = wrong.or(visited.err().map(|_| "is no list of tokens"));
    Some(wrong.map_or(Ok(()), |wrong| Err(format!("{wrong} at token {}", into.len() + 1))))
}

/// Whether the first value of a list is such a token.
pub(super) fn is_of_triples(list: &str) -> bool {
    let mut is_triple = false;
    let _ = json::items(list, |item| {
        is_triple = triple(item).is_some();
        false
    });
    is_triple
}

/// The log-probability of a token. Of three log-probabilities none is a number above 0 or a text.
fn triple(item: &str) -> Option<f64> {
    let (mut values, mut count) = ([""; 3], 0);
    let visited = item.starts_with('[').then(|| {
        json::items(item, |value| {
            values.get_mut(count).into_iter().for_each(|place| *place = value);
            count += 1;
            count <= 3
        })
    });
    let [log_prob, token, text] = values;
    let is_token = token.bytes().all(|byte| byte.is_ascii_digit()) && (text == "null" || text.starts_with('"'));
    (visited == Some(Ok(())) && count == 3 && is_token).then(|| number(log_prob)).flatten()
}
