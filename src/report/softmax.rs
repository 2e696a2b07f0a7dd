//! The theory of softmax policies as text.

use super::number;
use super::table::{Column, Table};
use super::text::fold;
use crate::engine::softmax::Measured;
use crate::policy::{Problem, Softmax};
use crate::statistics::Estimate;
use crate::theory::Moment;
use crate::theory::softmax::{Aggregate, Row, Source, Target, Theory, kl};

/// What the policies are, how far apart, and what estimators are held against: a few lines.
pub fn policies(problem: &Problem<Softmax>, target: &Target) -> String {
    let policy = &problem.policy;
    let kind = match policy.is_sequence() {
        true => format!(
            "Sequences of at most {} tokens of a vocabulary of {} with an end; mean length {}",
            policy.max_length(),
            policy.vocabulary(),
            plain(target.mean_length)
        ),
        false => format!("One token of a vocabulary of {}", policy.vocabulary()),
    };
    let old = match problem.is_on_policy() {
        true => String::new(),
        false => {
            let (divergence, length) = kl(&problem.behaviour, policy);
            format!("Samples come from pi_old, of KL(old||theta) {} nat per token\n", plain(divergence / length))
        }
    };
    let per_sequence = match policy.is_sequence() {
        true => format!(", {} per sequence", plain(target.kl)),
        false => String::new(),
    };
    format!(
        "{kind}\nKL(theta||ref) is {} nat per token{per_sequence}\n{old}{}\n",
        plain(target.kl / target.mean_length),
        gradients(target, policy.is_sequence())
    )
}

fn gradients(target: &Target, is_sequence: bool) -> String {
    match is_sequence {
        true => format!(
            "|G| = {}, the gradient of KL(theta||ref) of the whole sequence with respect to all logits; |L| = {}, the local \
             gradient, whose cosine with G is {}",
            plain(target.norm()),
            plain(target.local_norm()),
            plain(target.cosine())
        ),
        false => format!("|G| = {}, the gradient of KL(theta||ref) with respect to all logits", plain(target.norm())),
    }
}

/// A line for each estimator, numbers with 6 significant decimals. Fitted to `width`, where there is one.
pub fn tokens(rows: &[Row], is_sequence: bool, width: Option<usize>) -> String {
    table(rows, is_sequence).fitted(width) + "\n"
}

/// The same in Markdown.
pub fn tokens_markdown(rows: &[Row], is_sequence: bool) -> String {
    table(rows, is_sequence).markdown()
}

fn table(rows: &[Row], is_sequence: bool) -> Table {
    let cells = |cell: &dyn Fn(&Row) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let known = |source: Source, value: Option<f64>, error: Option<f64>| match source {
        Source::Unknown => "unknown".to_owned(),
        Source::Exact | Source::Sampled => with_error(value, error),
    };
    let mut columns = vec![
        Column::texts("estimator", cells(&|row| row.estimator.clone())),
        Column::numbers("strength", cells(&|row| known(row.mean_is, row.strength, row.strength_error))),
        Column::numbers("cosine", cells(&|row| known(row.mean_is, row.cosine, row.cosine_error))),
        Column::numbers("relative bias", cells(&|row| known(row.mean_is, row.relative_bias, row.relative_bias_error))),
    ];
    if is_sequence {
        let local = |row: &Row| known(row.mean_is, row.relative_bias_local, row.relative_bias_local_error);
        columns.push(Column::numbers("local bias", cells(&local)));
    }
    let stdev = |row: &Row| known(row.noise_is, row.relative_stdev_one_sample, row.relative_stdev_error);
    let samples = |row: &Row| match (row.noise_is, row.samples_for_10_percent) {
        (Source::Unknown, _) => "unknown".to_owned(),
        (_, samples) => samples.map_or("none".to_owned(), plain_whole),
    };
    columns.extend([
        Column::numbers("relative stdev, 1 sample", cells(&stdev)),
        Column::numbers("samples for 10%", cells(&samples)),
        Column::texts("follows", cells(&|row| row.follows.to_string())),
    ]);
    Table::plain(columns)
}

/// What trials say, a line for each estimator.
pub fn measured(rows: &[Row], measured: &[Measured], is_sequence: bool, width: Option<usize>) -> String {
    let cells = |cell: &dyn Fn(&Measured) -> Estimate| {
        measured.iter().map(cell).map(|e| with_error(Some(e.value), Some(e.error))).collect::<Vec<_>>()
    };
    let mut columns = vec![
        Column::texts("estimator", rows.iter().map(|row| row.estimator.clone()).collect()),
        Column::numbers("strength", cells(&|measured| measured.strength)),
        Column::numbers("cosine", cells(&|measured| measured.cosine)),
        Column::numbers("relative bias", cells(&|measured| measured.squared_bias.root())),
    ];
    if is_sequence {
        columns.push(Column::numbers("local bias", cells(&|measured| measured.squared_bias_local.root())));
    }
    columns.push(Column::numbers("relative stdev, 1 sample", cells(&|measured| measured.variance.root())));
    Table::plain(columns).fitted(width) + "\n"
}

/// What stands below the table: which numbers are sampled, and what a mean over each sequence's own tokens does.
pub fn notes(rows: &[Row], theory: &Theory, aggregate: Aggregate, trials: &str, width: Option<usize>) -> String {
    let mut notes = Vec::new();
    let means = names(rows, |row| row.mean_is == Source::Sampled);
    let has_sampled_noise = rows.iter().any(|row| row.noise_is == Source::Sampled);
    if has_sampled_noise {
        let what = match means.is_empty() {
            true => "the noise is".to_owned(),
            false => format!("the noise, and strength, cosine and bias of {means}, are"),
        };
        notes.push(format!(
            "More sequences can be drawn than are enumerated: {what} sampled, in {trials}, with standard errors; the rest is \
             exact."
        ));
    }
    if aggregate != Aggregate::TokenSum {
        notes.push(format!(
            "Losses are aggregated by {aggregate}, and G and L are not: a strength of one over the mean length, {}, is what \
             follows G in full.",
            plain(theory.drawn_length.recip())
        ));
    }
    if let Some(note) = length_push(rows, aggregate, theory.is_on_policy) {
        notes.push(note);
    }
    notes.iter().map(|note| fold(note, width) + "\n").collect()
}

/// What k1 in the loss does under a mean over each sequence's own tokens.
fn length_push(rows: &[Row], aggregate: Aggregate, is_on_policy: bool) -> Option<String> {
    let k1 = rows.iter().find(|row| row.estimator == "k1" && aggregate == Aggregate::SequenceMean)?;
    // Its gradient g has no part that is known to be G's: |g|^2 = |g - G|^2 - |G|^2 + 2 <g, G>.
    let squared = k1.relative_bias?.powi(2) - 1.0 + 2.0 * k1.strength?;
    let (gradient, effect) = match is_on_policy {
        true => ("is that of E[1 / length]", ", and descending it makes sequences longer"),
        false => ("weighs the scores of each sequence by 1 / length", ""),
    };
    Some(format!(
        "k1 in the loss pushes on the length: divided by each sequence's own length, its gradient {gradient}, whatever the \
         reference is. It has {} of |G|{effect}.",
        plain(squared.max(0.0).sqrt())
    ))
}

fn names(rows: &[Row], is_meant: impl Fn(&Row) -> bool) -> String {
    rows.iter().filter(|row| is_meant(row)).map(|row| row.estimator.as_str()).collect::<Vec<_>>().join(", ")
}

fn with_error(value: Option<f64>, error: Option<f64>) -> String {
    match (value.filter(|value| !value.is_nan()), error) {
        (None, _) => "none".to_owned(),
        (Some(value), None) => plain(value),
        (Some(value), Some(error)) => format!("{} ± {error:.1e}", plain(value)),
    }
}

fn plain(value: f64) -> String {
    number(Moment::Finite(value))
}

fn plain_whole(samples: f64) -> String {
    if samples < 1e7 { format!("{samples}") } else { format!("{samples:.3e}") }
}
