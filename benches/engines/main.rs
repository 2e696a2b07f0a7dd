//! How fast the engines are on this machine: the table and the figure of `make bench`.
//!
//! Whole processes are measured, from start to end, with all that they write: the built `klgrad`, the generator alone
//! (this program itself, called again), and the article's experiment in Python where there is a torch to import.

mod measure;
#[path = "../process.rs"]
mod process;
mod program;
mod scaling;
mod table;

use anyhow::Result;
use klgrad::figure::Format;
use klgrad::report::Progress;
use measure::{Measured, RUNS, interleaved};
use program::Run;
use serde::Serialize;
use std::env;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(program::GENERATOR) => program::draw_only(&args[1..]),
        // As cargo bench calls it; cargo test --all-targets does not.
        _ if args.iter().any(|arg| arg == "--bench") => bench()?,
        _ => println!("not measured: call cargo bench"),
    }
    Ok(())
}

fn bench() -> Result<()> {
    let threads = available_parallelism()?.get();
    let torch = program::python_torch();
    println!("klgrad {}, {threads} threads at most; medians of 3 or {RUNS} whole runs", env!("CARGO_PKG_VERSION"));
    match &torch {
        Ok(version) => println!("Python with torch {version}"),
        Err(reason) => println!("no Python with torch to compare with ({reason}); PYTHON names another"),
    }
    let groups = table::groups(threads, torch.is_ok());
    let series = scaling::all(threads);
    let runs: Vec<Vec<Vec<Run>>> = series.iter().map(|series| series.groups(threads)).collect();

    let count = groups.iter().map(|group| &group.runs).chain(runs.iter().flatten()).map(Vec::len).sum::<usize>();
    let progress = Progress::new("runs", Some(count * RUNS));
    let measured = groups.iter().map(|group| interleaved(&group.runs, &progress)).collect::<Result<Vec<_>>>()?;
    println!("{}\n{NOTES}", table::table(&groups, &measured, torch.is_ok()));

    let scaling = |groups: &Vec<Vec<Run>>| groups.iter().map(|group| interleaved(group, &progress)).collect();
    let scaled = runs.iter().map(scaling).collect::<Result<Vec<Vec<Vec<Measured>>>>>()?;
    drop(progress);
    write(&series, &measured, &scaled)
}

const NOTES: &str = "\
seconds: a whole run, with the start of the process and the files that klgrad writes. The first rows are one sample: the
start alone. ns a sample: seconds over all samples; min..max over the runs. MB: peak memory, shared libraries included.
threads: klgrad's compute beside one that draws; Python's share an operation. / generator, / Python: the time over that
of the generator, and over Python's at the number of threads where it is faster. \u{2013}: not measured, as it would take
long. Other work on the machine shows in a wide min..max; threads that share an operation suffer most from it.";

const COLUMNS: [&str; 11] = [
    "series",
    "program",
    "threads",
    "sample_size",
    "num_trials",
    "estimators",
    "runs",
    "median_seconds",
    "min_seconds",
    "max_seconds",
    "peak_bytes",
];

/// Writes `engines.csv`, `engines.png` and `engines.svg` to `target/bench`.
fn write(series: &[scaling::Series], table: &[Vec<Measured>], scaled: &[Vec<Vec<Measured>>]) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&folder)?;
    let mut csv = csv::Writer::from_path(folder.join("engines.csv"))?;
    csv.write_record(COLUMNS)?;
    table.iter().flatten().try_for_each(|one| csv.serialize(record("table", one)))?;
    for (series, scaled) in series.iter().zip(scaled) {
        scaled.iter().flatten().try_for_each(|one| csv.serialize(record(series.setting, one)))?;
    }
    csv.flush()?;
    for (name, format) in [("engines.png", Format::Png), ("engines.svg", Format::Svg)] {
        fs::write(folder.join(name), scaling::draw(series, scaled, &table[0], format)?)?;
    }
    println!("How the cost grows: {0}/engines.csv, {0}/engines.png, {0}/engines.svg", folder.display());
    Ok(())
}

/// A row of `engines.csv`.
fn record(series: &str, one: &Measured) -> impl Serialize {
    let Run { program, threads, sample_size, num_trials, estimators } = one.run;
    let settings = (program.to_string(), threads, sample_size, num_trials, estimators, one.seconds.len());
    (series.to_owned(), settings, one.median(), one.least(), one.greatest(), one.peak_bytes)
}
