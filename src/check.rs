//! The outcome of a check: what was compared, and what missed.

/// The outcome of a check.
#[derive(Debug, Default, PartialEq)]
pub struct Check {
    /// How many numbers were compared.
    pub compared: usize,
    /// A sentence for each of them that missed.
    pub misses: Vec<String>,
    /// A sentence for each number that could not be compared, or only loosely.
    pub remarks: Vec<String>,
}
