//! The article's report, to the character: averages, then bias and standard deviation relative to the true gradient. And
//! behind it what theory expects.

use super::number;
use super::table::Table;
use super::tabulate::{fancy_grid, fixed, rounded};
use crate::estimator::{Divergence, Estimator, Parameter};
use crate::experiment::{Experiment, Run};
use crate::number::counted;
use crate::policy::{Normal, Problem};
use crate::summary::Row;

/// The two distributions, a line; numbers as short as they read back.
pub fn distributions(problem: &Problem) -> String {
    let Problem { policy, reference, behaviour } = problem;
    let of = |normal: &Normal| format!("N({:?}, {:?}^2)", normal.mu(), normal.sigma());
    let old = match problem.is_on_policy() {
        true => String::new(),
        false => format!(", samples from pi_old = {}", of(behaviour)),
    };
    format!("pi_theta = {}, pi_ref = {}{old}\n", of(policy), of(reference))
}

/// The settings of a run, a paragraph.
pub fn settings(experiment: &Experiment) -> String {
    let Run { sample_size, num_trials, seed } = experiment.run();
    let names: Vec<&str> = experiment.estimators().iter().map(Estimator::name).collect();
    format!(
        "{}{} of {}, seed {seed}, {} {}\n",
        distributions(experiment.problem()),
        counted(*num_trials, "trial"),
        counted(*sample_size, "sample"),
        if names.len() == 1 { "estimator" } else { "estimators" },
        names.join(", ")
    )
}

/// The true gradient and each estimator's mean, 6 decimals, for each divergence and parameter.
pub fn averages(rows: &[Row]) -> String {
    blocks(rows, |divergence, parameter, rows| {
        let (title, name) = match divergence {
            Divergence::Forward => ("Average", "KL"),
            Divergence::Reverse => ("Reverse KL - Average", "Reverse KL"),
        };
        let mean = |row: &&Row| format!("{} average gradient: {}\n", row.estimator, fixed(row.mean_gradient));
        format!(
            "{title} gradient value comparison ({} parameter):\nTrue {name} gradient: {}\n{}",
            parameter.long_name(),
            fixed(rows[0].true_gradient),
            rows.iter().map(mean).collect::<String>()
        )
    })
}

/// |bias|/|true| and stdev/|true|, rounded to 4 decimals, for each divergence and parameter. Where the true gradient is
/// 0 they are `inf`, or `nan` for 0/0, as in Python. Fitted to `width`, where there is one: see [`crate::report`].
pub fn tables(rows: &[Row], width: Option<usize>) -> String {
    let relative = |value: f64, row: &Row| rounded(value.abs() / row.true_gradient.abs());
    let table = |rows: &[&Row]| {
        let bias = rows.iter().map(|row| relative(row.bias, row)).collect();
        let stdev = rows.iter().map(|row| relative(row.stdev, row)).collect();
        fancy_grid(names(rows), [("bias/true", bias), ("stdev/true", stdev)])
    };
    titled_tables(rows, "Comparison of bias and standard deviation", table, width)
}

/// What theory expects of a trial, and the z-score of the mean over the trials, for each divergence and parameter.
/// Fitted to `width`, where there is one: see [`crate::report`].
pub fn expectations(rows: &[Row], width: Option<usize>) -> String {
    let table = |rows: &[&Row]| {
        let numbers = |number_of: fn(&Row) -> String| rows.iter().map(|row| number_of(row)).collect();
        let columns = [
            ("expected gradient", numbers(|row| number(row.expected_gradient))),
            ("expected stdev", numbers(|row| number(row.expected_stdev))),
            ("z-score", numbers(|row| row.z_score.map_or("nan".to_owned(), |z_score| format!("{z_score:.2}")))),
        ];
        fancy_grid(names(rows), columns)
    };
    titled_tables(rows, "Exact expectation and z-score", table, width)
}

fn names(rows: &[&Row]) -> Vec<String> {
    rows.iter().map(|row| row.estimator.clone()).collect()
}

fn titled_tables(rows: &[Row], title: &str, table: impl Fn(&[&Row]) -> Table, width: Option<usize>) -> String {
    blocks(rows, |divergence, parameter, rows| {
        let name = match divergence {
            Divergence::Forward => "KL",
            Divergence::Reverse => "Reverse KL",
        };
        let (parameter, table) = (parameter.long_name(), table(rows).fitted(width));
        format!("{name} - {title} for {parameter} parameter gradients:\n{table}\n")
    })
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
