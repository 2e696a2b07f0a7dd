//! How long processes take and how much memory they have.

use crate::process;
use crate::program::Run;
use anyhow::Result;
use klgrad::report::Progress;

/// Runs for a figure, and fewer where one takes longer than that many seconds. Both odd, for a median.
pub const RUNS: usize = 5;
const FEW_RUNS: usize = 3;
const LONG: f64 = 2.0;

/// Whole runs of a process, its start included.
#[derive(Clone, Debug)]
pub struct Measured {
    pub run: Run,
    /// In ascending order.
    pub seconds: Vec<f64>,
    /// The most memory that any of them had, shared libraries included.
    pub peak_bytes: u64,
}

impl Measured {
    pub fn median(&self) -> f64 {
        self.seconds[self.seconds.len() / 2]
    }

    pub fn least(&self) -> f64 {
        self.seconds[0]
    }

    pub fn greatest(&self) -> f64 {
        self.seconds[self.seconds.len() - 1]
    }
}

/// Measures the runs one after the other, then all again, and so on: a machine that slows down slows all of them.
pub fn interleaved(runs: &[Run], progress: &Progress) -> Result<Vec<Measured>> {
    let mut all: Vec<Measured> = runs.iter().map(|&run| Measured { run, seconds: Vec::new(), peak_bytes: 0 }).collect();
    for round in 0..RUNS {
        for measured in &mut all {
            if round < FEW_RUNS || measured.seconds.iter().all(|&seconds| seconds < LONG) {
                let (seconds, peak_bytes) = once(&measured.run)?;
                measured.seconds.push(seconds);
                measured.peak_bytes = measured.peak_bytes.max(peak_bytes);
            }
            progress.advance();
        }
    }
    all.iter_mut().for_each(|measured| measured.seconds.sort_by(f64::total_cmp));
    Ok(all)
}

fn once(run: &Run) -> Result<(f64, u64)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    process::once(run.command(folder.path()))
}
