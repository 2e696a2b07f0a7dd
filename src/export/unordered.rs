//! `gradients.csv` as another program may have left it: its rows in another order.

use super::gradients::{NO_ROOM, Rows};
use crate::gradients::{Gradients, Name};
use anyhow::{Context, Result, bail};
use std::env;
use std::path::Path;

/// Trial, index of the series, gradient.
type Row = (usize, usize, f32);

/// Reads rows in any order, all of them in memory; the series come in the order of their first rows.
///
/// # Errors
/// Names the file, and the row that is missing or there twice.
pub(super) fn read(path: &Path) -> Result<Gradients> {
    let (names, mut rows) = collect(path)?;
    rows.sort_by_key(|&(trial, series, _)| (trial, series));
    let mut gradients = Gradients::of_series(names.clone(), &env::temp_dir());
    for (trial, rows) in rows.chunks(names.len()).enumerate() {
        for series in 0..names.len() {
            let place = rows.get(series).map(|&(trial, series, _)| (trial, series));
            if place != Some((trial, series)) {
                let wrong = if place < Some((trial, series)) && place.is_some() { place } else { None };
                let ((trial, series), what) = wrong.map_or(((trial, series), "is missing"), |p| (p, "is there twice"));
                let (estimator, parameter) = &names[series];
                bail!(
                    "{}: trial {trial} of {estimator}, {parameter} {what}; write it again with `klgrad reproduce`",
                    path.display()
                );
            }
        }
        let trial: Vec<f32> = rows.iter().map(|&(.., gradient)| gradient).collect();
        gradients.push(&trial).context(NO_ROOM)?;
    }
    Ok(gradients)
}

fn collect(path: &Path) -> Result<(Vec<Name>, Vec<Row>)> {
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    let mut source = Rows::open(path, u64::MAX)?;
    while let Some((trial, name, gradient)) = source.next()? {
        let series = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        rows.push((trial, series, gradient));
    }
    Ok((names, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Parameter;
    use crate::export::read_gradients;

    const SORTED: [&str; 4] = ["0,k1,mu,1.5", "1,k1,mu,", "0,k1,sigma,-2", "1,k1,sigma,1e-3"];

    fn of_rows(rows: &[&str]) -> Result<Gradients> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("trial,estimator,parameter,gradient\n{}\n", rows.join("\n"))).unwrap();
        read_gradients(file.path())
    }

    #[test]
    fn rows_in_any_order_are_the_same_gradients() {
        for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 0, 3, 1], [1, 0, 2, 3]] {
            let mut gradients = of_rows(&order.map(|index| SORTED[index])).unwrap();
            for series in gradients.all_series().map(Result::unwrap) {
                match series.parameter {
                    Parameter::Mu => assert!(series.gradients[0] == 1.5 && series.gradients[1].is_nan(), "{series:?}"),
                    Parameter::Sigma => assert_eq!(series.gradients, [-2.0, 1e-3]),
                }
            }
        }
    }

    #[test]
    fn a_row_that_is_missing_or_there_twice_is_named() {
        let refusal = |rows: &[&str]| of_rows(rows).unwrap_err().to_string();
        for row in SORTED {
            let rows: Vec<&str> = SORTED.into_iter().rev().filter(|other| *other != row).collect();
            let (trial, rest) = row.split_once(",k1,").unwrap();
            let (parameter, _) = rest.split_once(',').unwrap();
            let message = refusal(&rows);
            assert!(message.contains(&format!("trial {trial} of k1, {parameter} is missing")), "{message}");
            let twice = [&SORTED[..], &[row]].concat();
            let message = refusal(&twice);
            assert!(message.contains(&format!("trial {trial} of k1, {parameter} is there twice")), "{message}");
        }
        let huge = refusal(&["0,k1,mu,1", "18446744073709551615,k1,mu,1"]);
        assert!(huge.contains("trial 1 of k1, mu is missing"), "{huge}");
    }
}
