//! Each column of each CSV file has one type, numeric where it holds numbers, for whoever reads it: pandas, polars, duckdb.

use crate::report::rows;
use crate::sweep::{exact, measured, over};
use crate::{experiment, files, problem, succeed, write_run};
use klgrad::claims::claims;
use klgrad::engine::Engine;
use klgrad::estimator::TABLE;
use klgrad::experiment::{Distributions, Run};
use klgrad::export::csv;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Columns that hold words.
const WORDS: [&str; 11] = [
    "estimator",
    "divergence",
    "parameter",
    "follows",
    "claim",
    "statement",
    "holds",
    "corrected_statement",
    "corrected_holds",
    "experiment",
    "equal_because",
];

/// One file of each kind, with numbers that are large, infinite, beyond floats or missing.
fn write_files(folder: &Path) -> Vec<String> {
    let far = problem(0.0, 1.0, 30.0, 1.5);
    let run = Run { num_trials: 3, sample_size: 16, ..Run::default() };
    write_run(folder, Engine::default(), &experiment(far, run, &["k1", "k3"]));
    let all: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
    let over = |ranges: &[&str], names: &[&str]| over(ranges, Distributions::default(), run, names);
    let five_away = over(&["mu-ref=5:5:1"], &all);
    let grid = over(&["mu-ref=0:3:2", "sigma-ref=0.8:1.6:3"], &["k1", "k3", "k2_lambda"]);
    let tables = [
        ("far.csv", csv(&exact(&five_away, Some(16)))),
        ("sweep.csv", csv(&exact(&grid, Some(16)))),
        ("monte_carlo.csv", csv(&measured(&grid))),
        ("theory.csv", csv(&rows(&far))),
        ("claims.csv", csv(&claims(&problem(0.0, 1.0, 1.0, 9.0)))),
    ];
    for (name, table) in tables {
        fs::write(folder.join(name), table.unwrap()).unwrap();
    }
    files(folder).into_iter().filter(|file| file.ends_with(".csv")).collect()
}

/// Digits with a point or an exponent, digits alone only as far as 64-bit integers go, or one of the two words that all
/// readers know.
fn is_number(cell: &str) -> bool {
    let is_integer = cell.parse::<i64>().is_ok();
    let is_float = cell.parse::<f64>().is_ok_and(f64::is_finite) && cell.contains(['.', 'e']) && !cell.starts_with('+');
    is_integer || is_float || ["inf", "NaN"].contains(&cell)
}

#[test]
fn columns_of_numbers_hold_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let files = write_files(folder.path());
    assert_eq!(files.len(), 7);
    for file in &files {
        let mut csv = csv::Reader::from_path(folder.path().join(file)).unwrap();
        let header = csv.headers().unwrap().clone();
        for row in csv.records().map(Result::unwrap) {
            for (column, cell) in header.iter().zip(&row) {
                assert!(WORDS.contains(&column) || is_number(cell), "{file}, {column}: {cell:?}");
            }
        }
    }
    for library in ["pandas", "polars", "duckdb"] {
        let python = std::env::var("PYTHON").unwrap_or("python3".to_owned());
        let imports = Command::new(&python).args(["-c", &format!("import {library}")]).output();
        if !imports.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: {python} has no {library}");
            continue;
        }
        let mut types = Command::new(&python);
        types.args(["-c", TYPES, library, &WORDS.join(",")]).args(&files).current_dir(folder.path());
        assert_eq!(String::from_utf8_lossy(&succeed(&mut types).stdout), "", "columns that {library} takes for text");
    }
}

/// Prints the columns that a library does not read as numbers, but for those that hold words.
const TYPES: &str = r#"
import sys
library, words, *files = sys.argv[1:]
for file in files:
    if library == "pandas":
        import pandas
        types = pandas.read_csv(file).dtypes.map(str).to_dict()
    elif library == "polars":
        import polars
        types = {name: str(kind) for name, kind in polars.read_csv(file).schema.items()}
    else:
        import duckdb
        columns = duckdb.sql(f"describe select * from '{file}'").fetchall()
        types = {column[0]: column[1] for column in columns}
    for name, kind in types.items():
        if name not in words.split(",") and not kind.lower().startswith(("int", "bigint", "float", "double")):
            print(file, name, kind)
"#;
