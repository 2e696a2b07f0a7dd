//! The runs of a training, kept on disk while it goes on.

use super::Usage;
use anyhow::{Context, Result};
use klgrad::estimator::Estimator;
use klgrad::export::Kept;
use klgrad::report::Progress;
use klgrad::training::{Described, End, EndRow, Row, Shown, Step, Training, read_back};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// So often is written what has been finished, where that takes little time: all of it is written anew.
const SAVE_EVERY: Duration = Duration::from_millis(100);
/// The part of all time that writing takes at most.
const OF_ALL_TIME: u32 = 20;

/// What is to be run.
pub struct Runs<'a> {
    pub training: &'a Training<'a>,
    pub estimators: &'a [Estimator],
    pub seeds: &'a [i64],
    pub described: &'a Described,
}

/// What has been run: the rows of `train.csv` as text, and what the figure shows.
pub struct Ran {
    pub rows: Vec<u8>,
    pub shown: Vec<Shown>,
}

impl Runs<'_> {
    /// Goes on with the runs that an interrupted training has left, or begins.
    ///
    /// # Errors
    /// The folder holds runs that would be lost, or of other settings; or a file cannot be read or written.
    pub fn run(&self, kept: &Kept, ends: &[EndRow], resume: bool, threads: NonZeroUsize, quiet: bool) -> Result<Ran> {
        let shown = self.estimators.iter().zip(ends).map(|(estimator, end)| Shown::new(estimator.name(), end.place()));
        let mut ran = Ran { rows: Vec::new(), shown: shown.collect() };
        let first = self.read(kept, resume, &mut ran)?;
        kept.save(self.state(&ran))?;
        let progress = Progress::new("runs", (!quiet).then_some(self.estimators.len() * self.seeds.len()));
        progress.begin_at(first);
        let (mut done, mut saved, mut wait, mut outcome) = (first, Instant::now(), SAVE_EVERY, Ok(()));
        self.training.runs(self.estimators, self.seeds, first, threads, |run| {
            let added = ran.push(self, done, run.steps, run.end);
            done += 1;
            progress.advance();
            if outcome.is_ok() {
                outcome = added;
            }
            if outcome.is_ok() && saved.elapsed() >= wait {
                let start = Instant::now();
                outcome = kept.save(self.state(&ran));
                saved = Instant::now();
                wait = SAVE_EVERY.max(OF_ALL_TIME * (saved - start));
            }
        });
        outcome?;
        kept.save(self.state(&ran))?;
        Ok(ran)
    }

    /// How many runs are finished.
    fn read(&self, kept: &Kept, resume: bool, ran: &mut Ran) -> Result<usize> {
        let Some(bytes) = kept.read()? else { return Ok(0) };
        let damaged = || kept.damaged();
        let text = String::from_utf8(bytes).with_context(damaged)?;
        let (line, rows) = text.split_once('\n').with_context(damaged)?;
        let differences =
            line.strip_prefix(COMMENT).map(|there| self.described.differences(there)).with_context(damaged)?;
        let differences = differences.with_context(damaged)?;
        if rows.is_empty() && (!resume || !differences.is_empty()) {
            return Ok(0);
        }
        kept.check(resume, &differences)?;
        let names: Vec<String> = self.estimators.iter().map(|estimator| estimator.name().to_owned()).collect();
        let rows = csv::Reader::from_reader(rows.as_bytes()).into_deserialize::<Row>();
        let runs = read_back(rows.map(|row| Ok(row?)), &names, self.seeds).with_context(damaged)?;
        let count = runs.len();
        for (index, (steps, end)) in runs.into_iter().enumerate() {
            ran.push(self, index, steps, end)?;
        }
        Ok(count)
    }

    /// The settings in a comment, and the rows.
    fn state(&self, ran: &Ran) -> Vec<u8> {
        [COMMENT.as_bytes(), self.described.line().as_bytes(), b"\n", &ran.rows].concat()
    }
}

/// How the line begins that says of what training the rows are.
const COMMENT: &str = "# ";

impl Ran {
    /// One more run, of all runs the one with this index.
    fn push(&mut self, runs: &Runs, index: usize, steps: Vec<Step>, end: End) -> Result<()> {
        let (estimator, seed) = (index / runs.seeds.len(), runs.seeds[index % runs.seeds.len()]);
        let mut csv = csv::WriterBuilder::new().has_headers(self.rows.is_empty()).from_writer(&mut self.rows);
        for row in Row::of(runs.estimators[estimator].name(), seed, &steps, end) {
            csv.serialize(row)?;
        }
        csv.flush()?;
        drop(csv);
        self.shown[estimator].push(steps, end);
        Ok(())
    }
}

/// The estimators can be trained with.
///
/// # Errors
/// Names the one that cannot.
pub fn check(training: &Training, estimators: &[Estimator]) -> Result<(), Usage> {
    estimators.iter().try_for_each(|estimator| training.check(estimator)).map_err(|error| Usage(error.to_string()))
}
