//! Where trainings end, and what their runs came to, as text.

use super::table::{Column, Table};
use crate::number::counted;
use crate::training::{At, EndRow, Settings, Shown, Step};

/// A line for each estimator, at the same beta and at the same KL; below it, why its ends are what they are. Fitted to `width`, where
/// there is one.
pub fn ends(rows: &[EndRow], width: Option<usize>) -> String {
    let part = |at: At, head: String| {
        let rows: Vec<&EndRow> = rows.iter().filter(|row| row.at == at).collect();
        if rows.is_empty() { String::new() } else { format!("{head}\n{}\n", table_of_ends(&rows).fitted(width)) }
    };
    let beta = rows.iter().find(|row| row.at == At::Beta).and_then(|row| row.beta);
    let at_beta = format!("Where a training with each loss ends, with beta {}:", beta.map_or(String::new(), digits));
    let mut text = part(At::Beta, at_beta);
    for row in rows.iter().filter(|row| row.at == At::Beta) {
        text += &format!("{}: {}\n", row.estimator, row.ends);
    }
    let at_kl = "\nWith the beta at which each spends the KL:".to_owned();
    text += &part(At::Kl, at_kl);
    for row in rows.iter().filter(|row| row.at == At::Kl && row.beta.is_none()) {
        text += &format!("{}: {}\n", row.estimator, row.ends);
    }
    text
}

fn table_of_ends(rows: &[&EndRow]) -> Table {
    let cells = |number: fn(&EndRow) -> Option<f64>| {
        rows.iter().map(|row| number(row).map_or("none".to_owned(), short)).collect::<Vec<_>>()
    };
    Table::plain(vec![
        Column::texts("estimator", rows.iter().map(|row| row.estimator.clone()).collect()),
        Column::texts("ends", rows.iter().map(|row| row.kind.to_string()).collect()),
        Column::numbers("beta", rows.iter().map(|row| row.beta.map_or("none".to_owned(), digits)).collect()),
        Column::numbers("reward", cells(|row| row.reward)),
        Column::numbers("KL", cells(|row| row.kl)),
        Column::numbers("KL(ref||theta)", cells(|row| row.kl_ref)),
        Column::numbers("objective", cells(|row| row.objective)),
        Column::numbers("gap", cells(|row| row.gap)),
        Column::numbers("KL to optimum", cells(|row| row.kl_to_optimum)),
    ])
}

/// What the runs of each estimator came to: a median over seeds, and the range of the gap, of those that did not diverge. Fitted to
/// `width`, where there is one.
pub fn runs(shown: &[Shown], settings: &Settings, width: Option<usize>) -> String {
    let runs = shown.first().map_or(0, |shown| shown.paths.len());
    let drawn = match settings.exact {
        true => "of the expected gradient".to_owned(),
        false => format!("of {} each", counted(settings.batch, "sample")),
    };
    let kept = match settings.stride() {
        1 => String::new(),
        stride => format!("; train.csv has one step of {stride}, and the last"),
    };
    let steps = counted(settings.steps, "step");
    let whose = if shown.iter().any(|shown| shown.diverged() > 0) { " of those that did not diverge" } else { "" };
    let head = format!(
        "What {} of {steps} {drawn} came to, medians with the range of the gap{whose}{kept}:",
        counted(runs, "run")
    );
    let of = |number: fn(&Step) -> Option<f64>| -> Vec<String> {
        shown
            .iter()
            .map(|shown| middle(shown, number).map_or("none".to_owned(), |[_, median, _]| short(median)))
            .collect()
    };
    let gaps = shown.iter().map(|shown| match middle(shown, |step| step.gap) {
        Some([least, _, most]) => format!("{} to {}", short(least), short(most)),
        None => "none".to_owned(),
    });
    let table = Table::plain(vec![
        Column::texts("estimator", shown.iter().map(|shown| shown.estimator.clone()).collect()),
        Column::numbers("gap", of(|step| step.gap)),
        Column::numbers("range of the gap", gaps.collect()),
        Column::numbers("reward", of(|step| Some(step.reward))),
        Column::numbers("KL", of(|step| Some(step.kl))),
        Column::numbers("KL(ref||theta)", of(|step| Some(step.kl_ref))),
        Column::numbers("mean length", of(|step| Some(step.mean_length))),
        Column::numbers("diverged", shown.iter().map(|shown| shown.diverged().to_string()).collect()),
    ]);
    format!("{head}\n{}\n", table.fitted(width))
}

/// The least, the median and the largest over the last steps of the runs that did not diverge, of those that have the number.
fn middle(shown: &Shown, number: fn(&Step) -> Option<f64>) -> Option<[f64; 3]> {
    let finished = shown.paths.iter().filter(|path| !path.diverged);
    let mut numbers: Vec<f64> = finished.filter_map(|path| number(path.last()?)).collect();
    numbers.sort_by(f64::total_cmp);
    let median = f64::midpoint(*numbers.get(numbers.len().saturating_sub(1) / 2)?, numbers[numbers.len() / 2]);
    Some([numbers[0], median, numbers[numbers.len() - 1]])
}

/// To four digits. What is left of a difference of equal numbers is 0.
fn short(value: f64) -> String {
    if value.abs() < 1e-14 { "0".to_owned() } else { digits(value) }
}

/// Four of them.
fn digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e5).contains(&size) => format!("{value:.3e}"),
        size => {
            let decimals = (3.0 - size.log10().floor()).max(0.0) as usize;
            format!("{value:.decimals$}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_four_digits() {
        for (value, expected) in [
            (0.1 - 1e-12, "0.1000"),
            (-12.34567, "-12.35"),
            (99999.9, "1.000e5"),
            (3e-32, "0"),
            (0.000_123_45, "1.234e-4"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
