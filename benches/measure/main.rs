//! How long `klgrad measure` takes beside the same loop in PyTorch with transformers, each on one thread.

mod pair;
#[path = "../process.rs"]
mod process;
mod program;
mod time;

use anyhow::{Context, Result};
use klgrad::measure::USUAL;
use pair::{Pair, Sizes};
use program::{Task, check, draw, plain, whole};
use std::env;
use time::{Time, median};

/// Runs for a median.
const RUNS: usize = 3;

/// What is measured: the shapes of two published models of stories, and how many sequences of each.
const MODELS: [(Sizes, usize); 2] = [
    (Sizes { vocabulary: 512, width: 64, inner: 172, layers: 5, heads: 8, key_heads: 4 }, 256),
    (Sizes { vocabulary: 32_000, width: 288, inner: 768, layers: 6, heads: 6, key_heads: 6 }, 32),
];

const NOTES: &str = "\
klgrad measure and the same loop in PyTorch with transformers, one thread each, in turn; medians of 3, the ratio that of CPU time.
klgrad's sampling is timed by itself; what is left of its whole process, start and files included, is measuring. PyTorch is timed
without its start.";

fn main() -> Result<()> {
    // As cargo bench calls it; cargo test --all-targets does not.
    if !env::args().any(|arg| arg == "--bench") {
        println!("not measured: call cargo bench");
        return Ok(());
    }
    println!("{NOTES}");
    print(["parameters", "sequences", "estimators", "part", "klgrad: s, CPU s", "PyTorch: s, CPU s", "ratio"]);
    MODELS.iter().try_for_each(|&(sizes, sequences)| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let pair = Pair::write(folder.path(), sizes)?;
        let few = &USUAL[..3];
        let compare = |names| compare(&Task { pair: &pair, sequences, names, folder: folder.path() });
        [few, &USUAL].into_iter().try_for_each(compare)
    })
}

/// Measures both programs in turn and prints a row for each part of the work.
fn compare(task: &Task) -> Result<()> {
    let (mut ours, mut theirs) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
    let mut missing = None;
    for _ in 0..RUNS {
        let (sampling, whole) = (draw(task)?, whole(task)?);
        push(&mut ours, [sampling, whole - sampling]);
        match plain(task) {
            Ok(plain) => {
                check(task, &plain)?;
                push(&mut theirs, [plain.sampling, plain.measuring]);
            }
            Err(error) => missing = Some(error),
        }
    }
    for (part, (ours, theirs)) in ["sampling", "measuring"].into_iter().zip(ours.into_iter().zip(theirs)) {
        row(task, part, median(ours).context("there are runs")?, median(theirs));
    }
    if let Some(error) = missing {
        println!("no Python with torch and transformers to compare with ({error:#}); PYTHON names another");
    }
    Ok(())
}

/// To each part of the work its time.
fn push(parts: &mut [Vec<Time>; 2], times: [Time; 2]) {
    parts.iter_mut().zip(times).for_each(|(part, time)| part.push(time));
}

fn row(task: &Task, part: &str, ours: Time, theirs: Option<Time>) {
    let known = |text: &dyn Fn(Time) -> String| theirs.map_or("-".to_owned(), text);
    print([
        &task.pair.parameters.to_string(),
        &task.sequences.to_string(),
        &task.names.len().to_string(),
        part,
        &ours.to_string(),
        &known(&|theirs| theirs.to_string()),
        &known(&|theirs| format!("{:.2}", ours.cpu / theirs.cpu)),
    ]);
}

fn print([parameters, sequences, estimators, part, ours, theirs, ratio]: [&str; 7]) {
    println!("{parameters:>10}  {sequences:>9}  {estimators:>10}  {part:<9}  {ours:>17}  {theirs:>17}  {ratio:>5}");
}
