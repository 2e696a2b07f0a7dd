//! Samples of another policy: what a weight corrects.

use super::{Problem, assert_near, normal, of, value};
use crate::closed_form::{expectation, gradient_moments, term};
use klgrad::estimator::Parameter;
use klgrad::theory::Moment;

fn problem(mu_old: f64, sigma_old: f64) -> Problem {
    Problem { policy: normal(0.2, 0.8), reference: normal(-0.5, 0.9), behaviour: normal(mu_old, sigma_old) }
}

const OLD: [(f64, f64); 4] = [(0.4, 0.85), (0.2, 0.6), (-3.0, 1.5), (0.2000001, 0.8)];

#[test]
fn a_weight_gives_the_means_on_policy() {
    for (mu_old, sigma_old) in OLD {
        let off = problem(mu_old, sigma_old);
        let on = Problem::on_policy(off.policy, off.reference);
        // A live weight adds its own gradient, rho K, to that of K: K in the reward.
        let pairs = [
            ("sg(rho) * k2", "k2"),
            ("sg(rho) * k3", "k3"),
            ("rho * k1", "k1 + reward(k1)"),
            ("rho * k2", "k2 + reward(k2)"),
            ("rho * k3", "k3 + reward(k3)"),
            ("rho * sg(clamp(k3, -1, 1))", "reward(clamp(k3, -1, 1))"),
        ];
        for (weighted, plain) in pairs {
            for (weighted_moments, plain) in of(&off, weighted).into_iter().zip(of(&on, plain)) {
                let (mean, expected) = (value(weighted_moments.mean), value(plain.mean));
                let scale = value(plain.variance).sqrt();
                assert!(
                    (mean - expected).abs() < 1e-12 * scale,
                    "{weighted} from N({mu_old}, {sigma_old}^2): {mean}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn the_variance_of_a_weight_is_an_expectation_on_policy() {
    // E_old[(rho c s)^2] = E_theta[rho (c s)^2], and rho is the w of a reference that is the behaviour; with that as
    // reference, r = 1 / rho: E_old[s^2] = E_theta[r s^2].
    for (mu_old, sigma_old) in OLD {
        let Problem { policy, reference, behaviour } = problem(mu_old, sigma_old);
        let swapped = Problem { policy, reference: behaviour, behaviour: policy };
        let off = of(&Problem { policy, reference, behaviour }, "logp");
        let weighted = of(&swapped, "sg(sqrt(r)) * logp");
        let reversed = of(&swapped, "reverse_k2");
        for parameter in 0..2 {
            // E[(sqrt(r) s)^2] = E[r s^2]; the mean of s under the behaviour is E[r s] = -E[c s] of the loss r.
            let mean = -value(reversed[parameter].mean);
            let second = value(weighted[parameter].variance) + value(weighted[parameter].mean).powi(2);
            let expected =
                klgrad::theory::Moments { mean: Moment::Finite(mean), variance: Moment::Finite(second - mean * mean) };
            assert_near(off[parameter], expected, 1e-10, "logp");
        }
    }
}

#[test]
fn without_a_weight_the_policy_of_the_samples_counts() {
    // The mean of -s under pi_old, in closed form: E_theta[r s] where pi_old is the reference.
    for (mu_old, sigma_old) in OLD {
        let found = of(&problem(mu_old, sigma_old), "-logp");
        let swapped = crate::problem(0.2, 0.8, mu_old, sigma_old);
        for (found, parameter) in found.into_iter().zip(Parameter::ALL) {
            let expected = value(gradient_moments(&[term(-1.0, 0, 1)], parameter, &swapped).mean);
            assert!((value(found.mean) - expected).abs() < 1e-12 * value(found.variance).sqrt());
        }
        assert!((value(expectation(&[term(1.0, 0, 1)], &swapped)) - 1.0).abs() < 1e-12);
    }
}
