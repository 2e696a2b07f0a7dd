//! Numbers and tables as the article's program prints them, in Python with pandas and tabulate.

use super::table::{Column, Table};
use comfy_table::{ContentLineStyle, LineStyle, TableStyle};

/// tabulate's `fancy_grid`.
const FANCY_GRID: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('╒', '═', '╤', '╕'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('╞', '═', '╪', '╡'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .row_separator(LineStyle::new('├', '─', '┼', '┤'))
    .bottom_border(LineStyle::new('╘', '═', '╧', '╛'));

/// Columns of numbers, with a name for each row: `tabulate(..., headers="keys", tablefmt="fancy_grid")`.
pub(super) fn fancy_grid<const N: usize>(names: Vec<String>, columns: [(&str, Vec<String>); N]) -> Table {
    // tabulate makes a column wider than its header by two, and a header stands where its cells stand.
    let numbers =
        columns.map(|(header, numbers)| Column::numbers(&format!("  {header}"), aligned_at_the_point(numbers)));
    let names = Column::texts("  ", names);
    Table::new(FANCY_GRID, [names].into_iter().chain(numbers).collect())
}

/// The numbers with blanks behind them, so that their decimal points, or else exponents, or else ends stand below each
/// other.
fn aligned_at_the_point(numbers: Vec<String>) -> Vec<String> {
    let from_point = |number: &String| number.find(['.', 'e']).map_or(0, |point| number.len() - point);
    let longest = numbers.iter().map(from_point).max().unwrap_or(0);
    numbers.iter().map(|number| format!("{number}{}", " ".repeat(longest - from_point(number)))).collect()
}

/// A number of `DataFrame.round(4)`, as tabulate shows it.
pub(super) fn rounded(value: f64) -> String {
    general((value * 1e4).round_ties_even() / 1e4)
}

/// `f"{value:.6f}"`.
pub(super) fn fixed(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{value:.6}") }
}

/// `f"{value:g}"`: 6 significant digits, less the zeros at the end.
fn general(value: f64) -> String {
    if !value.is_finite() {
        return fixed(value);
    }
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a whole number");
    match exponent {
        -4..6 => without_zeros(&format!("{value:.*}", (5 - exponent) as usize)).to_owned(),
        _ => format!("{}e{exponent:+03}", without_zeros(mantissa)),
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        names: Vec<String>,
        bias: Vec<String>,
        stdev: Vec<String>,
        table: String,
    }

    #[test]
    fn tables_are_those_of_pandas_and_tabulate() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/golden/tables.json")).unwrap();
        assert!(cases.len() >= 60);
        for Case { names, bias, stdev, table } in cases {
            let numbers = |texts: &[String]| texts.iter().map(|text| rounded(text.parse().unwrap())).collect();
            let columns = [("bias/true", numbers(&bias)), ("stdev/true", numbers(&stdev))];
            let drawn = fancy_grid(names, columns).fitted(None);
            assert!(drawn == table, "{bias:?}, {stdev:?}:\n{drawn}\nand not\n{table}");
        }
    }
}
