//! What is drawn.

/// A prompt and the tokens that follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The prompt's tokens, and those of the response.
    pub tokens: Vec<i64>,
    /// How many of them are the prompt's, 1 or more.
    pub start: usize,
    /// The log-probability of each token of the response under the policy that drew it; none where that is the policy itself.
    pub old: Option<Vec<f64>>,
}

impl Sequence {
    /// The prompt.
    pub fn prompt(&self) -> &[i64] {
        &self.tokens[..self.start]
    }

    /// What follows it: of this alone losses are made.
    pub fn response(&self) -> &[i64] {
        &self.tokens[self.start..]
    }
}
