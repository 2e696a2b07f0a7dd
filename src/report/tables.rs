//! The article's report: averages, then bias and standard deviation relative to the true gradient; beside them what
//! theory expects.

use super::number;
use crate::estimator::{Divergence, Parameter};
use crate::experiment::Settings;
use crate::summary::Row;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

/// The two distributions, a line; numbers as short as they read back.
pub fn distributions(settings: &Settings) -> String {
    let Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, .. } = settings;
    format!("pi_theta = N({mu_theta:?}, {sigma_theta:?}^2), pi_ref = N({mu_ref:?}, {sigma_ref:?}^2)\n")
}

/// The settings of a run, a paragraph.
pub fn settings(settings: &Settings) -> String {
    let Settings { sample_size, num_trials, seed, estimators, .. } = settings;
    format!(
        "{}{num_trials} trials of {sample_size} samples, seed {seed}, estimators {}\n",
        distributions(settings),
        estimators.join(", ")
    )
}

/// The true gradient and each estimator's mean, 6 decimals, for each divergence and parameter.
pub fn averages(rows: &[Row]) -> String {
    blocks(rows, |divergence, parameter, rows| {
        let (title, name) = match divergence {
            Divergence::Forward => ("Average", "KL"),
            Divergence::Reverse => ("Reverse KL - Average", "Reverse KL"),
        };
        let means = rows.iter().map(|row| format!("{} average gradient: {:.6}\n", row.estimator, row.mean_gradient));
        format!(
            "{title} gradient value comparison ({} parameter):\nTrue {name} gradient: {:.6}\n{}",
            parameter.long_name(),
            rows[0].true_gradient,
            means.collect::<String>()
        )
    })
}

/// |bias|/|true| and stdev/|true|, 4 decimals, and the expectation, for each divergence and parameter.
pub fn tables(rows: &[Row]) -> String {
    blocks(rows, |divergence, parameter, rows| {
        let name = match divergence {
            Divergence::Forward => "KL",
            Divergence::Reverse => "Reverse KL",
        };
        format!(
            "{name} - Comparison of bias and standard deviation for {} parameter gradients:\n{}\n",
            parameter.long_name(),
            table(rows)
        )
    })
}

fn table(rows: &[&Row]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "",
        "bias/true",
        "stdev/true",
        "expected gradient",
        "expected stdev",
        "z-score",
    ]);
    for row in rows {
        table.add_row([
            row.estimator.clone(),
            relative(row.bias_over_true),
            relative(row.stdev_over_true),
            number(row.expected_gradient),
            number(row.expected_stdev),
            row.z_score.map_or("undefined".to_owned(), |z_score| format!("{z_score:.2}")),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn relative(value: Option<f64>) -> String {
    value.map_or("undefined".to_owned(), |value| format!("{value:.4}"))
}

/// A block for each divergence and parameter that has rows, in the article's order, with a blank line between.
fn blocks(rows: &[Row], block: impl Fn(Divergence, Parameter, &[&Row]) -> String) -> String {
    let pairs = Divergence::ALL.into_iter().flat_map(|d| Parameter::ALL.map(|p| (d, p)));
    let blocks = pairs.filter_map(|(divergence, parameter)| {
        let of_block = |row: &&Row| (row.divergence, row.parameter) == (divergence, parameter);
        let rows: Vec<&Row> = rows.iter().filter(of_block).collect();
        (!rows.is_empty()).then(|| block(divergence, parameter, &rows))
    });
    blocks.collect::<Vec<_>>().join("\n")
}
