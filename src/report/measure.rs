//! A measurement on language models as text.

use super::table::{Column, Table};
use super::text::fold;
use crate::measure::{Row, Targets};
use crate::statistics::Estimate;

/// What estimators are held against: a few lines. The policy has so many parameters.
pub fn targets(targets: &Targets, sequences: usize, parameters: u64) -> String {
    let Targets { kl, kl_per_token, mean_length, norm, local_norm, cosine } = targets;
    let per_token = if kl_per_token.value.is_finite() {
        format!("{} nat a token, ", estimated(*kl_per_token))
    } else {
        String::new()
    };
    format!(
        "{sequences} sequences of {mean_length:.1} tokens on average; KL(theta||ref) is {per_token}{} nat a sequence\n\
         |G| = {}, the gradient of KL(theta||ref) of whole sequences with respect to all {parameters} parameters; |L| = {}, the \
         local gradient, whose cosine with G is {}\n",
        estimated(*kl),
        estimated(*norm),
        estimated(*local_norm),
        estimated(*cosine),
    )
}

/// A line for each estimator, and below what the marks in it mean. Fitted to `width`, where there is one.
pub fn measured_rows(rows: &[Row], width: Option<usize>) -> String {
    let note = if rows.iter().all(|row| row.resolved && row.resolved_local) {
        String::new()
    } else {
        fold(
            "A bias behind ~0 is not told from 0: noise alone makes its square as large, and negative as often as positive. The error behind \
             ± is that of a root, which says little so near 0.",
            width,
        ) + "\n"
    };
    table(rows).fitted(width) + "\n" + &note
}

/// The same lines in Markdown.
pub fn measured_markdown(rows: &[Row]) -> String {
    table(rows).markdown()
}

fn table(rows: &[Row]) -> Table {
    let cells = |cell: &dyn Fn(&Row) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let with_error = |value: Option<f64>, error: Option<f64>| match (value, error) {
        (Some(value), Some(error)) => estimated(Estimate { value, error }),
        _ => "none".to_owned(),
    };
    let bias = |resolved: bool, value: Option<f64>, error: Option<f64>| {
        let mark = if resolved { "" } else { "~0  " };
        format!("{mark}{}", with_error(value, error))
    };
    let whole = |number: f64| if number < 1e7 { format!("{number}") } else { format!("{number:.2e}") };
    Table::plain(vec![
        Column::texts("estimator", cells(&|row| row.estimator.clone())),
        Column::numbers("strength", cells(&|row| with_error(row.strength, row.strength_error))),
        Column::numbers("cosine", cells(&|row| with_error(row.cosine, row.cosine_error))),
        Column::numbers("relative bias", cells(&|row| bias(row.resolved, row.relative_bias, row.relative_bias_error))),
        Column::numbers(
            "local bias",
            cells(&|row| bias(row.resolved_local, row.relative_bias_local, row.relative_bias_local_error)),
        ),
        Column::numbers(
            "relative stdev, 1 sequence",
            cells(&|row| row.relative_stdev_one_sample.map_or("none".to_owned(), significant)),
        ),
        Column::numbers(
            "sequences for 10%",
            cells(&|row| row.sequences_for_10_percent.map_or("none".to_owned(), whole)),
        ),
        Column::numbers("dead", cells(&|row| format!("{:.1}%", 100.0 * row.dead_share))),
        Column::numbers("value", cells(&|row| significant(row.value))),
    ])
}

/// To the second digit of its error, or to three digits where it has none.
fn estimated(Estimate { value, error }: Estimate) -> String {
    match error {
        _ if !value.is_finite() => "none".to_owned(),
        0.0 => significant(value),
        _ => {
            let decimals = (1.0 - error.log10().floor()).clamp(0.0, 9.0) as usize;
            format!("{value:.decimals$} ± {error:.decimals$}")
        }
    }
}

/// To three digits.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs().log10().floor();
    if !(-5.0..7.0).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - size).max(0.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_digits_that_are_known() {
        for (value, error, expected) in [
            (0.123_456, 0.012_3, "0.123 ± 0.012"),
            (-0.04, 0.5, "-0.04 ± 0.50"),
            (48.4321, 2.34, "48.4 ± 2.3"),
            (12345.0, 300.0, "12345 ± 300"),
            (1.0, 0.0, "1.00"),
            (f64::NAN, f64::NAN, "none"),
        ] {
            assert_eq!(estimated(Estimate { value, error }), expected);
        }
        for (value, expected) in [(0.0, "0"), (0.001_234, "0.00123"), (12.34, "12.3"), (1e9, "1.00e9"), (-1.0, "-1.00")]
        {
            assert_eq!(significant(value), expected);
        }
    }
}
