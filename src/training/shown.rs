//! What the runs of a training came to, for its figure.

use super::{End, Run, Step};

/// The runs of one estimator, one a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Name of the estimator.
    pub estimator: String,
    /// The kept steps of each run.
    pub paths: Vec<Vec<Step>>,
    /// How many of them diverged.
    pub diverged: usize,
    /// Where the estimator ends, as KL(theta||ref) and E\[R\]; none where that is not known or there is none.
    pub end: Option<[f64; 2]>,
}

impl Shown {
    /// Of these runs.
    pub fn of(estimator: &str, runs: Vec<Run>, end: Option<[f64; 2]>) -> Self {
        let diverged = runs.iter().filter(|run| run.end != End::Finished).count();
        let paths = runs.into_iter().map(|run| run.steps).collect();
        Self { estimator: estimator.to_owned(), paths, diverged, end }
    }

    /// Of each run, whether it diverged.
    pub(super) fn have_diverged(&self) -> impl Iterator<Item = bool> {
        let last = |path: &Vec<Step>| path.last().map(|step| step.step);
        let mut lasts: Vec<Option<usize>> = self.paths.iter().map(last).collect();
        lasts.sort();
        // A run that diverges does so before the last step, to which all others come.
        let finished = lasts.get(self.diverged).copied();
        self.paths.iter().map(move |path| finished.is_none_or(|finished| last(path) < finished))
    }
}
