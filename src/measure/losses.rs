//! What each sequence is differentiated for: the estimators, and the two gradients that they are held against.

use crate::estimator::Estimator;
use crate::estimator::expr::Expr;

/// Losses of a sequence, which are sums over its tokens unless they are one number for it.
///
/// # Formula
/// With KL_t the KL of token t over the whole vocabulary, `full(D)`, and w_t the ratio pi_theta / pi_old of the tokens *before* t,
/// which is 1 where pi_theta draws,
///
/// - L = E\[sum_t w_t grad KL_t\] is the local gradient, each prefix held constant, and
/// - G = L + E\[sum_t (sum_{u > t} w_u KL_u) s_t\] is the gradient of KL(theta||ref) of whole sequences,
///
/// with the score s_t of token t: KL_u depends on no token from u on, whose ratio has the mean 1 and is left out. The token's own
/// noise is not in them, that of the prefixes is.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    /// The names of the estimators.
    pub names: Vec<String>,
    /// Those of the estimators first.
    pub all: Vec<Expr>,
    /// Where among them the one of G is.
    pub sequence: usize,
    /// Where the one of L is.
    pub local: usize,
    /// Whether the policy itself draws.
    pub is_on_policy: bool,
}

impl Losses {
    pub(super) fn of(estimators: &[Estimator], is_on_policy: bool) -> Self {
        let mut all: Vec<Expr> = estimators.iter().map(|estimator| estimator.expression().clone()).collect();
        let [sequence, local] = targets(is_on_policy).map(|target| {
            all.iter().position(|loss| *loss == target).unwrap_or_else(|| {
                all.push(target);
                all.len() - 1
            })
        });
        let names = estimators.iter().map(|estimator| estimator.name().to_owned()).collect();
        Self { names, all, sequence, local, is_on_policy }
    }

    /// What a loss is called.
    pub(super) fn name(&self, loss: usize) -> &str {
        self.names.get(loss).map_or("KL over the whole vocabulary", String::as_str)
    }

    /// The targets that a loss is multiplied with, beside itself.
    pub(super) fn targets(&self) -> [usize; 2] {
        [self.sequence, self.local]
    }
}

fn targets(is_on_policy: bool) -> [Expr; 2] {
    let kl = Expr::log_ratio().full();
    let local = if is_on_policy { kl } else { ratio_before().stop() * kl };
    let to_go = (local.after() - &local).stop() * Expr::log_prob();
    [&local + to_go, local]
}

/// pi_theta / pi_old of the tokens before.
fn ratio_before() -> Expr {
    let log_rho = Expr::log_rho();
    (log_rho.sum() - log_rho.after()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that no gradient is computed twice.
    #[test]
    fn the_targets_on_policy_are_two_of_the_estimators() {
        let estimators = ["k2", "kl_full_to_go", "kl_full"].map(|name| Estimator::named(name).unwrap());
        let losses = Losses::of(&estimators, true);
        assert_eq!((losses.all.len(), losses.targets()), (3, [1, 2]));
        assert_eq!(Losses::of(&estimators[..1], true).targets(), [1, 2]);
        assert_eq!(Losses::of(&estimators, false).targets(), [3, 4]);
    }
}
