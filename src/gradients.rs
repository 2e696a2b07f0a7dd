//! What an engine computes: a gradient per trial, estimator and parameter.

use crate::estimator::{Estimator, Parameter};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::{SpooledTempFile, spooled_tempfile_in};

/// The gradients of one estimator with respect to one parameter, a 32-bit float for each trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name of the estimator.
    pub estimator: String,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// One value per trial, in the order of the trials.
    pub gradients: Vec<f32>,
}

/// An estimator's name, and the parameter: what a series is of.
pub type Name = (String, Parameter);

/// How many trials are moved out of memory at a time.
const CHUNK: usize = 4096;

/// What is held in memory of earlier chunks: the trials of most runs.
const IN_MEMORY: usize = 16 << 20;

/// Every series of a run: estimators in the order asked for, and for each of them mu, then sigma.
///
/// However many trials there are, memory holds a few megabytes of them; the others lie in a file that has no name, and
/// goes with the process. Chunk after chunk, and in each of them series after series, so that one series can be read
/// without the others.
#[derive(Debug)]
pub struct Gradients {
    names: Vec<Name>,
    latest: Vec<Vec<f32>>,
    earlier: SpooledTempFile,
    chunks: u64,
    not_finite: usize,
}

impl Gradients {
    /// Series without trials yet, for each name mu and sigma. Should they grow large, they go to a file in `folder`.
    pub fn empty<'a>(estimators: impl IntoIterator<Item = &'a Estimator>, folder: &Path) -> Self {
        let both = |estimator: &'a Estimator| Parameter::ALL.map(|parameter| (estimator.name().to_owned(), parameter));
        Self::of_series(estimators.into_iter().flat_map(both).collect(), folder)
    }

    /// The same, for any series.
    pub fn of_series(names: Vec<Name>, folder: &Path) -> Self {
        let latest = vec![Vec::with_capacity(CHUNK); names.len()];
        Self { names, latest, earlier: spooled_tempfile_in(IN_MEMORY, folder), chunks: 0, not_finite: 0 }
    }

    /// The estimator and the parameter of each series.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// Opens the file for what grows large, for whoever has to have it before a run.
    ///
    /// # Errors
    /// The folder cannot hold it.
    pub fn open_file(&mut self) -> io::Result<()> {
        self.earlier.roll()
    }

    /// How many trials there are.
    pub fn num_trials(&self) -> usize {
        self.chunks as usize * CHUNK + self.latest.first().map_or(0, Vec::len)
    }

    /// How many gradients are infinite or not a number.
    pub fn not_finite(&self) -> usize {
        self.not_finite
    }

    /// Appends one trial: a gradient for each series, in their order.
    ///
    /// # Errors
    /// The folder has no room for the file of earlier trials.
    pub fn push(&mut self, trial: &[f32]) -> io::Result<()> {
        assert_eq!(trial.len(), self.names.len(), "a trial has one gradient for each series");
        for (series, &gradient) in self.latest.iter_mut().zip(trial) {
            series.push(gradient);
        }
        self.not_finite += trial.iter().filter(|gradient| !gradient.is_finite()).count();
        if self.latest.first().is_some_and(|series| series.len() == CHUNK) { self.move_out() } else { Ok(()) }
    }

    fn move_out(&mut self) -> io::Result<()> {
        let bytes: Vec<u8> = self.latest.iter().flatten().flat_map(|gradient| gradient.to_le_bytes()).collect();
        self.earlier.seek(SeekFrom::End(0))?;
        self.earlier.write_all(&bytes)?;
        self.latest.iter_mut().for_each(Vec::clear);
        self.chunks += 1;
        Ok(())
    }

    /// Hands each trial's gradients, one for each series, to `visit` in the order of the trials.
    ///
    /// # Errors
    /// The file of earlier trials cannot be read, or what `visit` returns.
    pub fn for_each_trial<E: From<io::Error>>(
        &mut self,
        mut visit: impl FnMut(usize, &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut trial = vec![0.0; self.names.len()];
        for chunk in 0..=self.chunks {
            let all = (0..self.names.len()).map(|index| self.part(chunk, index)).collect::<io::Result<Vec<_>>>()?;
            for row in 0..all.first().map_or(0, Vec::len) {
                trial.iter_mut().zip(&all).for_each(|(gradient, series)| *gradient = series[row]);
                visit(chunk as usize * CHUNK + row, &trial)?;
            }
        }
        Ok(())
    }

    /// One series in memory, by its index: 4 bytes a trial.
    ///
    /// # Errors
    /// The file of earlier trials cannot be read.
    pub fn series(&mut self, index: usize) -> io::Result<Series> {
        let mut gradients = Vec::with_capacity(self.num_trials());
        for chunk in 0..=self.chunks {
            gradients.extend(self.part(chunk, index)?);
        }
        let (estimator, parameter) = self.names[index].clone();
        Ok(Series { estimator, parameter, gradients })
    }

    /// The trials of one series that are in a chunk, or, behind the last chunk, in memory.
    fn part(&mut self, chunk: u64, index: usize) -> io::Result<Vec<f32>> {
        const SIZE: usize = CHUNK * size_of::<f32>();
        if chunk == self.chunks {
            return Ok(self.latest[index].clone());
        }
        let mut bytes = vec![0; SIZE];
        let place = chunk * self.names.len() as u64 + index as u64;
        self.earlier.seek(SeekFrom::Start(place * SIZE as u64))?;
        self.earlier.read_exact(&mut bytes)?;
        let (floats, _) = bytes.as_chunks();
        Ok(floats.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }

    /// Each series in turn, one of them in memory at a time.
    pub fn all_series(&mut self) -> impl Iterator<Item = io::Result<Series>> {
        (0..self.names.len()).map(|index| self.series(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_come_back_from_memory_and_from_the_file() {
        let estimators = ["k1", "k3"].map(|name| Estimator::named(name).unwrap());
        // Two chunks and a part, beyond what is held in memory where that is nothing.
        for in_memory in [IN_MEMORY, 0] {
            let mut gradients = Gradients::empty(&estimators, Path::new("."));
            gradients.earlier = spooled_tempfile_in(in_memory, std::env::temp_dir());
            let trials = 2 * CHUNK + 100;
            for trial in 0..trials {
                gradients.push(&[0.0, 1.0, 2.0, 3.0].map(|offset| trial as f32 + offset / 4.0)).unwrap();
            }
            assert_eq!((gradients.num_trials(), gradients.names().len()), (trials, 4));
            let series = gradients.series(2).unwrap();
            assert_eq!((series.estimator.as_str(), series.parameter), ("k3", Parameter::Mu));
            let expected: Vec<f32> = (0..trials).map(|trial| trial as f32 + 0.5).collect();
            assert!(series.gradients == expected, "{in_memory}");
            let mut visited = Vec::new();
            let visit = |trial, row: &[f32]| {
                visited.push((trial, row.to_vec()));
                io::Result::Ok(())
            };
            gradients.for_each_trial(visit).unwrap();
            let expected = (0..trials).map(|trial| (trial, [0.0, 0.25, 0.5, 0.75].map(|o| trial as f32 + o).to_vec()));
            assert!(visited == expected.collect::<Vec<_>>(), "{in_memory}");
        }
    }

    #[test]
    fn gradients_that_are_not_finite_are_counted() {
        let mut gradients = Gradients::empty(&Estimator::named("k1"), Path::new("."));
        gradients.push(&[f32::NAN, 1.0]).unwrap();
        gradients.push(&[f32::INFINITY, f32::NEG_INFINITY]).unwrap();
        assert_eq!(gradients.not_finite(), 3);
    }
}
