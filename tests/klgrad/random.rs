//! Normal numbers for simulations, the same ones in each run.

use klgrad::estimator::expr::{Expr, Steps, Tape};
use klgrad::policy::Problem;

/// A generator: SplitMix64, and Box and Muller's transform.
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Evenly between 0, which it never is, and 1.
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 * 2f64.powi(-53) + 2f64.powi(-54)
    }

    /// Two standard normal numbers.
    pub fn normals(&mut self) -> [f64; 2] {
        let (radius, angle) = ((-2.0 * self.uniform().ln()).sqrt(), 2.0 * std::f64::consts::PI * self.uniform());
        [radius * angle.cos(), radius * angle.sin()]
    }

    /// Samples of the behaviour policy, as standard scores under pi_theta.
    pub fn samples(&mut self, problem: &Problem, count: usize) -> Vec<f64> {
        let (policy, behaviour) = (problem.policy, problem.behaviour);
        let z = |normal: f64| (behaviour.mu() + behaviour.sigma() * normal - policy.mu()) / policy.sigma();
        (0..count.div_ceil(2)).flat_map(|_| self.normals()).take(count).map(z).collect()
    }

    /// The gradients of a loss in trials of independent samples, with respect to the mean and the standard deviation.
    pub fn gradients(&mut self, problem: &Problem, loss: &Expr, sample_size: usize, trials: usize) -> Vec<[f64; 2]> {
        let z = self.samples(problem, sample_size * trials);
        let [log_prob, log_ratio, log_rho] = logs(problem, &z);
        let mut tape = Tape::new(std::slice::from_ref(loss));
        let mut block = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho));
        let weighted: Vec<[f64; 2]> =
            block.coefficients(0).iter().zip(&z).map(|(c, &z)| scores(problem, z).map(|score| c * score)).collect();
        let mean =
            |trial: &[[f64; 2]]| [0, 1].map(|i| trial.iter().map(|sample| sample[i]).sum::<f64>() / sample_size as f64);
        weighted.chunks(sample_size).map(mean).collect()
    }
}

/// The score of a sample with respect to the policy's mean and standard deviation.
pub fn scores(problem: &Problem, z: f64) -> [f64; 2] {
    [z, z * z - 1.0].map(|score| score / problem.policy.sigma())
}

/// `logp`, `D` and `log(rho)` of samples, as differences of log-densities.
pub fn logs(problem: &Problem, z: &[f64]) -> [Vec<f64>; 3] {
    let policy = problem.policy;
    let log_density = |of: klgrad::policy::Normal, z: f64| {
        let standard = (policy.mu() + policy.sigma() * z - of.mu()) / of.sigma();
        -standard * standard / 2.0 - of.sigma().ln() - (2.0 * std::f64::consts::PI).sqrt().ln()
    };
    let log_prob: Vec<f64> = z.iter().map(|&z| log_density(policy, z)).collect();
    let less = |of| z.iter().zip(&log_prob).map(|(&z, log_prob)| log_prob - log_density(of, z)).collect();
    [log_prob.clone(), less(problem.reference), less(problem.behaviour)]
}
