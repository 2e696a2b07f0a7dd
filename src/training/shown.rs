//! What the runs of a training came to, for its figure.

use super::{End, Step};

/// The runs of one estimator, one a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Name of the estimator.
    pub estimator: String,
    /// The runs.
    pub paths: Vec<RunPath>,
    /// Where the estimator ends, as KL(theta||ref) and E\[R\]; none where that is not known or there is none.
    pub end: Option<[f64; 2]>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPath {
    /// The kept steps.
    pub steps: Vec<Step>,
    /// Whether it diverged after the last of them.
    pub diverged: bool,
}

impl Shown {
    /// Of an estimator that has no run yet.
    pub fn new(estimator: &str, end: Option<[f64; 2]>) -> Self {
        Self { estimator: estimator.to_owned(), paths: Vec::new(), end }
    }

    /// One more run.
    pub fn push(&mut self, steps: Vec<Step>, end: End) {
        self.paths.push(RunPath { steps, diverged: end != End::Finished });
    }

    /// How many runs diverged.
    pub fn diverged(&self) -> usize {
        self.paths.iter().filter(|path| path.diverged).count()
    }
}

impl RunPath {
    /// The last step that the run came to.
    pub fn last(&self) -> Option<&Step> {
        self.steps.last()
    }
}
