//! What the runs of a training came to, for its figure.

use super::{End, Step};

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
    /// Of an estimator that has no run yet.
    pub fn new(estimator: &str, end: Option<[f64; 2]>) -> Self {
        Self { estimator: estimator.to_owned(), paths: Vec::new(), diverged: 0, end }
    }

    /// One more run.
    pub fn push(&mut self, steps: Vec<Step>, end: End) {
        self.paths.push(steps);
        self.diverged += usize::from(end != End::Finished);
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
