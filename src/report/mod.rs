//! What a terminal shows: the report of a run as text, and the progress of one.
//!
//! Tables take the width of the terminal. One that is wider is broken on purpose: its long texts become headings, its
//! headers break between words, and columns that do not fit follow in a table of their own. Without a width it is as wide
//! as it is.

mod audit;
mod claims;
mod explain;
mod frameworks;
#[cfg(feature = "libtorch")]
mod measure;
mod progress;
mod softmax;
mod table;
mod tables;
mod tabulate;
mod text;
mod theory;
mod training;

pub use crate::number::counted;
pub use audit::audit;
pub use claims::{claims, claims_markdown, notation};
pub use explain::{explain, explain_markdown, follows};
pub use frameworks::{frameworks, frameworks_in_full, frameworks_markdown};
#[cfg(feature = "libtorch")]
pub use measure::{measured_markdown, measured_rows, targets};
pub use progress::Progress;
pub use softmax::{measured, notes, policies, tokens, tokens_markdown};
pub use tables::{averages, distributions, expectations, settings, tables};
pub use text::fold;
pub use theory::{theory, theory_markdown};
pub use training::{ends, runs};

use crate::theory::Moment;

/// As plain decimals where that is readable. What is left of a difference of equal numbers, 1e-16 of them, is 0.
fn number(moment: Moment) -> String {
    match moment {
        Moment::Finite(value) if value.abs() < 1e-14 || (1e-4..1e7).contains(&value.abs()) => {
            format!("{value:.6}").replace("-0.000000", "0.000000")
        }
        Moment::Finite(value) => format!("{value:.6e}"),
        other => other.to_string(),
    }
}
