//! Who is trained, against whom, and who draws the samples.

use super::Normal;

/// Two or three policies of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Problem<P = Normal> {
    /// pi_theta, whose gradient is asked for.
    pub policy: P,
    /// pi_ref.
    pub reference: P,
    /// The policy that draws the samples.
    pub behaviour: P,
}

impl<P: Clone + PartialEq> Problem<P> {
    /// The policy draws the samples itself.
    pub fn on_policy(policy: P, reference: P) -> Self {
        Self { behaviour: policy.clone(), policy, reference }
    }

    /// Whether the policy draws the samples itself.
    pub fn is_on_policy(&self) -> bool {
        self.behaviour == self.policy
    }
}

impl Problem {
    /// The problem that engines solve: they hold means and standard deviations as 32-bit floats. None where one is out of
    /// range as such.
    pub fn as_held(&self) -> Option<Self> {
        let held = |normal: Normal| Normal::new(f64::from(normal.mu() as f32), f64::from(normal.sigma() as f32));
        Some(Self { policy: held(self.policy)?, reference: held(self.reference)?, behaviour: held(self.behaviour)? })
    }
}

impl Default for Problem {
    /// The article's: N(0, 1), which draws the samples itself, against N(1, 1.1^2).
    fn default() -> Self {
        let normal = |mu, sigma| Normal::new(mu, sigma).expect("the article's standard deviations are positive");
        Self::on_policy(normal(0.0, 1.0), normal(1.0, 1.1))
    }
}
