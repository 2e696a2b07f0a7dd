//! The estimators that have a name and make a difference over sequences of tokens, or over a vocabulary that is known.
//!
//! With c the gradient coefficient of a token, and a what comes to `full(D)` at each token, in the language of
//! [`super::expr`]:
//!
//! | name                    | loss                                             | c                                                | a   |
//! |-------------------------|--------------------------------------------------|--------------------------------------------------|-----|
//! | `k1_to_go`              | `sg(after(D)) * logp`                            | `after(D)`                                       | `0` |
//! | `k1_whole`              | `sg(sum(D)) * logp`                              | `sum(D)`                                         | `0` |
//! | `k3_to_go`              | `sg(after(k3)) * logp`                           | `after(r - 1 + D)`                               | `0` |
//! | `k2_sequence`           | `sum(D)^2 / 2`                                   | `sum(D)`                                         | `0` |
//! | `rho_sequence_k1_to_go` | `sg(exp(sum(logp - old)) * after(D)) * logp`     | `exp(sum(logp - old)) * after(D)`                | `0` |
//! | `rho_mean_k3`           | `exp(mean(logp - old)) * k3`                     | `exp(mean(logp - old)) * (1 - r + mean(k3))`     | `0` |
//! | `kl_full`               | `full(D)`                                        | `0`                                              | `1` |
//! | `kl_full_to_go`         | `full(D) + sg(after(full(D)) - full(D)) * logp`  | `after(full(D)) - full(D)`                       | `1` |
//!
//! With samples of pi_theta, the score of a token has the mean 0 whatever came before it. So `k1_to_go`, `k1_whole` and
//! `k2_sequence`, which sends the same as `k1_whole`, all have the gradient of KL(theta||ref) of the whole sequence, of which
//! a token's own D is but the local part. `kl_full` is the exact KL of the next token (Rao-Blackwellised), again the local
//! part; `kl_full_to_go` adds what later tokens cost, and is the whole sequence's gradient with less noise.
//! `rho_sequence_k1_to_go` weighs sequences of another policy as if pi_theta had drawn them.

use super::table::{Row, row};

const TO_GO: &str = "policy gradient with the penalty in the reward, and the return from this token on";
const WHOLE: &str = "policy gradient with one reward for the whole sequence";
const SEQUENCE: &str = "k2 of the whole sequence's log-ratio";
const IMPORTANCE: &str = "importance weighting of whole sequences";
const GEOMETRIC: &str = "the ratio of a sequence by its geometric mean, as in GSPO (2025)";
const FULL: &str = "Amini et al. (2025), Better Estimation of the KL Divergence Between Language Models";

/// They stand behind those of [`super::TABLE`].
pub static SEQUENCES: [Row; 8] = [
    row("k1_to_go", "sg(after(D)) * logp", TO_GO),
    row("k1_whole", "sg(sum(D)) * logp", WHOLE),
    row("k3_to_go", "sg(after(k3)) * logp", TO_GO),
    row("k2_sequence", "sum(D)^2 / 2", SEQUENCE),
    row("rho_sequence_k1_to_go", "sg(exp(sum(logp - old)) * after(D)) * logp", IMPORTANCE),
    row("rho_mean_k3", "exp(mean(logp - old)) * k3", GEOMETRIC),
    row("kl_full", "full(D)", FULL),
    row("kl_full_to_go", "full(D) + sg(after(full(D)) - full(D)) * logp", FULL),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Table;
    use crate::estimator::expr::{Expr, Steps, Tape};

    /// The documentation's table, line by line: name, loss, coefficient, what comes to the sum over the vocabulary.
    fn documented() -> impl Iterator<Item = [&'static str; 4]> {
        let lines = include_str!("sequences.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        lines.map(|line| {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            [cells[0], cells[1], cells[2], cells[3]]
        })
    }

    #[test]
    fn every_expression_has_the_coefficients_that_the_documentation_writes() {
        let rows = SEQUENCES.iter().map(|row| (row.name, row.expression));
        assert_eq!(documented().map(|[name, loss, ..]| (name, loss)).collect::<Vec<_>>(), rows.collect::<Vec<_>>());
        let numbers = |factor: f64| (0..7).map(|step| (factor * f64::from(step) + 0.4).sin()).collect::<Vec<_>>();
        let [log_probs, log_ratios, log_rhos] = [1.0, 2.3, 0.7].map(numbers);
        for [name, loss, coefficient, outer] in documented() {
            let [loss, coefficient] = [loss, coefficient].map(|text| Expr::parse(text, &Table).unwrap());
            let mut tape = Tape::new(&[loss, coefficient]);
            let full: Vec<Vec<f64>> = tape.fulls().iter().map(|_| numbers(3.1)).collect();
            let steps = Steps::samples(&log_probs, &log_ratios, &log_rhos).in_sequences(&[3, 7]).with_full(&full);
            let mut block = tape.evaluate(steps);
            let expected = block.values(1).to_vec();
            for (&c, expected) in block.coefficients(0).iter().zip(expected) {
                assert!((c - expected).abs() < 1e-14, "{name}: {c}, not {expected}");
            }
            let outer = [outer.parse::<f64>().unwrap(); 7];
            assert!(
                full.iter().enumerate().all(|(full, _)| block.full_coefficients(full) == Some(&outer[..])),
                "{name}"
            );
        }
    }
}
