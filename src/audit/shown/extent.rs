//! How much was read.

use super::number::count;
use crate::audit::Audit;

/// Sequences, steps and tokens, in a sentence.
pub(crate) fn extent(audit: &Audit) -> String {
    let of = |number: u64, noun: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{} {noun}{plural}", count(number))
    };
    let all = &audit.all;
    // Too many are not told apart.
    let steps = match audit.steps.len() as u64 {
        0 => "too many steps".to_owned(),
        steps => of(steps, "step"),
    };
    format!(
        "{} in {} of {steps}; {} outside of the mask",
        of(all.tokens, "token"),
        of(all.sequences, "sequence"),
        of(all.masked_out, "token")
    )
}
