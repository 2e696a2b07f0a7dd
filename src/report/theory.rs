//! The exact rows of every estimator as a table.

use super::number;
use super::table::{Column, Table};
use super::text::fold;
use crate::number::counted;
use crate::theory::Row;

/// A line for each row, numbers with 6 significant decimals. Fitted to `width`, where there is one: see
/// [`crate::report`].
pub fn theory(rows: &[Row], sample_size: usize, width: Option<usize>) -> String {
    let has_lambda = rows.iter().any(|row| row.lambda.is_some());
    let note = if has_lambda { fold(&of_lambda(sample_size), width) } else { String::new() };
    table(rows, sample_size).fitted(width) + "\n" + &note
}

/// The same in Markdown.
pub fn theory_markdown(rows: &[Row], sample_size: usize) -> String {
    table(rows, sample_size).markdown()
}

fn table(rows: &[Row], sample_size: usize) -> Table {
    let cells = |cell: &dyn Fn(&Row) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::texts("estimator", cells(&|row| row.estimator.clone())),
        Column::texts("parameter", cells(&|row| row.parameter.to_string())),
        Column::numbers("expected gradient", cells(&|row| number(row.expected_gradient))),
        Column::texts("follows", cells(&|row| row.follows.to_string())),
        Column::numbers("relative bias", cells(&|row| row.relative_bias.map_or("undefined".to_owned(), number))),
        Column::numbers("stdev, 1 sample", cells(&|row| number(row.stdev_one_sample))),
        Column::numbers(&format!("stdev, mean of {sample_size}"), cells(&|row| number(row.stdev_of_mean))),
        Column::numbers("lambda", cells(&|row| row.lambda.map_or(String::new(), number))),
    ];
    Table::headed(columns)
}

/// What the columns of an estimator with a baseline are.
fn of_lambda(sample_size: usize) -> String {
    format!(
        "With a lambda, the expected gradient, its bias and the stdev of the mean are those of trials of {}, which \
         estimate it;\nwhat is followed and the stdev of 1 sample are those of the exact lambda, in the last column.\n",
        counted(sample_size, "sample")
    )
}
