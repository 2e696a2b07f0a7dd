//! The exact rows of every estimator as a table.

use super::number;
use crate::theory::Row;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

/// A line for each row, numbers with 6 significant decimals.
pub fn theory(rows: &[Row], sample_size: usize) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "estimator",
        "parameter",
        "expected gradient",
        "follows",
        "relative bias",
        "stdev, 1 sample",
        &format!("stdev, mean of {sample_size}"),
        "lambda",
    ]);
    for row in rows {
        table.add_row([
            row.estimator.to_owned(),
            row.parameter.to_string(),
            number(row.expected_gradient),
            row.follows.to_string(),
            row.relative_bias.map_or("undefined".to_owned(), number),
            number(row.stdev_one_sample),
            number(row.stdev_of_mean),
            row.lambda.map_or(String::new(), number),
        ]);
    }
    for column in [2, 4, 5, 6, 7] {
        // The header above has these columns.
        table.column_mut(column).unwrap().set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}
