//! A normal distribution in 64 bits.

/// A normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    mu: f64,
    sigma: f64,
}

impl Normal {
    /// N(mu, sigma^2); none where the mean is not finite, or the standard deviation not positive and finite.
    pub fn new(mu: f64, sigma: f64) -> Option<Self> {
        (mu.is_finite() && sigma.is_finite() && sigma > 0.0).then_some(Self { mu, sigma })
    }

    /// The mean.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// The standard deviation.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }
}
