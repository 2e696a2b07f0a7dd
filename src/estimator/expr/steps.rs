use std::ops::Range;

/// What is seen of a block of steps: log-probabilities, a number a step, and where sequences end.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    pub(super) log_prob: &'a [f64],
    pub(super) log_ratio: &'a [f64],
    pub(super) log_rho: &'a [f64],
    /// One past the last step of each sequence; none where each step is a sequence of its own.
    ends: Option<&'a [usize]>,
    /// The values of sums over the vocabulary at each step.
    full: &'a [Vec<f64>],
}

impl<'a> Steps<'a> {
    /// Single samples: each is a sequence of one step. `log_prob` is log pi_theta, `log_ratio` that less log pi_ref,
    /// `log_rho` that less the log-probability under the policy that drew.
    ///
    /// # Panics
    ///
    /// Where the three do not have as many numbers.
    pub fn samples(log_prob: &'a [f64], log_ratio: &'a [f64], log_rho: &'a [f64]) -> Self {
        assert!(log_prob.len() == log_ratio.len() && log_prob.len() == log_rho.len(), "a step has three numbers");
        Self { log_prob, log_ratio, log_rho, ends: None, full: &[] }
    }

    /// The same steps as sequences, one after the other; `ends` has the place one past the last step of each.
    ///
    /// # Panics
    ///
    /// Where a sequence is empty, or the last does not end with the last step.
    pub fn in_sequences(self, ends: &'a [usize]) -> Self {
        assert_eq!(ends.last().copied().unwrap_or(0), self.len(), "the last sequence ends with the last step");
        let starts = std::iter::once(&0).chain(ends);
        assert!(starts.zip(ends).all(|(start, end)| start < end), "a sequence has at least one step");
        Self { ends: Some(ends), ..self }
    }

    /// The same steps, where each [`Tape::fulls`](super::Tape::fulls) has these values.
    ///
    /// # Panics
    ///
    /// Where one has not a value for each step.
    pub fn with_full(self, full: &'a [Vec<f64>]) -> Self {
        assert!(full.iter().all(|values| values.len() == self.len()), "a sum over the vocabulary has a value a step");
        Self { full, ..self }
    }

    pub(super) fn full(&self, index: usize) -> &'a [f64] {
        self.full.get(index).expect("where an expression sums over the vocabulary, the steps come with these sums")
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.log_prob.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The steps of each sequence, in order.
    pub(super) fn sequences(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let (ends, count) = (self.ends, self.ends.map_or(self.len(), <[usize]>::len));
        (0..count).map(move |sequence| match ends {
            None => sequence..sequence + 1,
            Some(ends) => (if sequence == 0 { 0 } else { ends[sequence - 1] })..ends[sequence],
        })
    }

    /// Whether each step is a sequence of its own, so that sums and means over sequences are what they are of.
    pub(super) fn are_single(&self) -> bool {
        self.ends.is_none()
    }
}
