//! How fast `klgrad audit` reads: whole processes on logs of 1e6 to 1e8 tokens, and a plain script in Python beside it.

#[path = "../process.rs"]
mod process;

use anyhow::{Context, Result};
use process::once;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};
use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs for a time.
const RUNS: usize = 3;

/// Tokens of a sequence, half of which may be padding.
const LENGTH: usize = 512;

/// Tokens of a file; more are the same file under other names.
const OF_FILE: usize = 10_000_000;

/// The names of the columns.
const COLUMNS: [&str; 3] = ["old_log_probs", "rollout_log_probs", "ref_log_prob"];

fn main() -> Result<()> {
    // As cargo bench calls it; cargo test --all-targets does not.
    if !env::args().any(|arg| arg == "--bench") {
        println!("not measured: call cargo bench");
        return Ok(());
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("klgrad audit, whole processes, medians of {RUNS}; {LENGTH} tokens a sequence, padding included");
    println!("{:>11}  {:<12}  {:>8}  {:>10}  {:>6}  {:>6}", "tokens", "form", "seconds", "ns a token", "MB/s", "MB");
    for tokens in [1_000_000, 10_000_000, 100_000_000] {
        let file = arrays(folder.path(), tokens.min(OF_FILE))?;
        let files = links(&file, &folder.path().join(tokens.to_string()), tokens.div_ceil(OF_FILE))?;
        row(tokens, "safetensors", &audit(&files), &files)?;
    }
    let mut last = None;
    for tokens in [1_000_000, 10_000_000] {
        let files = [lines(folder.path(), tokens)?];
        last = Some((row(tokens, "JSON lines", &audit(&files), &files)?, files));
    }
    let (seconds, files) = last.context("there are sizes")?;
    compare(seconds, &files[0])
}

/// A number that looks drawn, from 0 to 1.
fn uniform(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*seed >> 40) as f64 + 0.5) / (1 << 24) as f64
}

/// A sequence: three columns, and how many of its tokens count.
fn sequence(seed: &mut u64) -> ([Vec<f32>; 3], usize) {
    let mut columns = [const { Vec::new() }; 3];
    for _ in 0..LENGTH {
        let log_prob = 0.7 * uniform(seed).ln();
        let mut near = |by: f64| (log_prob + by * (uniform(seed) + uniform(seed) - 1.0)).min(-1e-6) as f32;
        let numbers = [log_prob as f32, near(0.05), near(0.3)];
        columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }
    (columns, LENGTH / 2 + (uniform(seed) * LENGTH as f64 / 2.0) as usize)
}

fn arrays(folder: &Path, tokens: usize) -> Result<PathBuf> {
    let (rows, mut seed) = (tokens / LENGTH, 1);
    let mut columns = [const { Vec::new() }; 3];
    let mut mask = Vec::with_capacity(tokens);
    for _ in 0..rows {
        let (sequence, length) = sequence(&mut seed);
        for (bytes, column) in columns.iter_mut().zip(&sequence) {
            bytes.extend(column.iter().flat_map(|number| number.to_le_bytes()));
        }
        mask.extend((0..LENGTH).map(|token| u8::from(token < length)));
    }
    let view = |dtype, bytes| TensorView::new(dtype, vec![rows, LENGTH], bytes);
    let mut views = Vec::new();
    for (name, bytes) in COLUMNS.iter().zip(&columns) {
        views.push((*name, view(Dtype::F32, bytes)?));
    }
    views.push(("response_mask", view(Dtype::BOOL, &mask)?));
    let place = folder.join(format!("{tokens}.safetensors"));
    serialize_to_file(views, None, &place)?;
    Ok(place)
}

/// The same file under so many names, in a folder of its own.
fn links(file: &Path, folder: &Path, count: usize) -> Result<Vec<PathBuf>> {
    fs::create_dir(folder)?;
    let link = |number: usize| {
        let place = folder.join(format!("step_{number}.safetensors"));
        fs::hard_link(file, &place)?;
        Ok(place)
    };
    (0..count).map(link).collect()
}

fn lines(folder: &Path, tokens: usize) -> Result<PathBuf> {
    let place = folder.join(format!("{tokens}.jsonl"));
    let (mut writer, mut seed) = (BufWriter::new(File::create(&place)?), 1);
    for _ in 0..tokens / LENGTH {
        let (columns, length) = sequence(&mut seed);
        let mut line = String::from("{");
        for (name, column) in COLUMNS.iter().zip(&columns) {
            // As Python writes a float of 32 bits that it holds in 64.
            let numbers: Vec<String> = column.iter().map(|&number| f64::from(number).to_string()).collect();
            write!(line, "\"{name}\": [{}], ", numbers.join(", "))?;
        }
        let mask: Vec<&str> = (0..LENGTH).map(|token| if token < length { "1" } else { "0" }).collect();
        writeln!(writer, "{line}\"response_mask\": [{}]}}", mask.join(", "))?;
    }
    writer.flush()?;
    Ok(place)
}

fn audit(files: &[PathBuf]) -> impl Fn() -> Command + use<> {
    let files = files.to_vec();
    move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_klgrad"));
        command.args(["audit", "--quiet"]).args(&files);
        command
    }
}

/// Measures a command, prints its row, and tells its seconds.
fn row(tokens: usize, form: &str, command: &impl Fn() -> Command, files: &[PathBuf]) -> Result<f64> {
    let runs = (0..RUNS).map(|_| once(command())).collect::<Result<Vec<_>>>()?;
    let mut times: Vec<f64> = runs.iter().map(|run| run.0).collect();
    times.sort_by(f64::total_cmp);
    let seconds = times[RUNS / 2];
    let peak = runs.iter().map(|run| run.1).max().unwrap_or_default();
    let bytes: u64 = files.iter().map(|file| Ok(fs::metadata(file)?.len())).sum::<Result<u64>>()?;
    let (nanoseconds, rate) = (1e9 * seconds / tokens as f64, bytes as f64 / seconds / 1e6);
    println!("{tokens:>11}  {form:<12}  {seconds:>8.2}  {nanoseconds:>10.0}  {rate:>6.0}  {:>6.0}", peak as f64 / 1e6);
    Ok(seconds)
}

/// The same numbers by a plain script, where there is a Python with numpy.
fn compare(seconds: f64, file: &Path) -> Result<()> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/audit/plain.py");
    let command = || {
        let mut command = Command::new(&python);
        command.arg(&script).arg(file);
        command
    };
    match once(command()) {
        Ok((plain, peak)) => {
            let part = seconds / plain;
            println!(
                "the KL and the mismatch alone by json and numpy: {plain:.2} s, {:.0} MB; klgrad takes {part:.3} of it",
                peak as f64 / 1e6
            );
        }
        Err(error) => println!("no Python with numpy to compare with ({error:#}); PYTHON names another"),
    }
    Ok(())
}
