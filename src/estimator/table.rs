//! The estimators that have a name.
//!
//! With the ratio r = pi_ref(x) / pi_theta(x) = exp(-D), its inverse w, the ratio rho to the policy that drew the sample, and
//! `sg(..)` a constant, in the language of [`super::expr`]:
//!
//! | name                   | loss of a sample         | gradient coefficient c                      |
//! |------------------------|--------------------------|---------------------------------------------|
//! | `k1`                   | `D`                      | `1`                                         |
//! | `k2`                   | `D^2 / 2`                | `D`                                         |
//! | `k3`                   | `expm1(-D) + D`          | `1 - r`                                     |
//! | `reverse_k1`           | `-r * D`                 | `-r * (1 - D)`                              |
//! | `reverse_k2`           | `r`                      | `-r`                                        |
//! | `k1_in_reward`         | `reward(k1)`             | `D`                                         |
//! | `k2_in_reward`         | `reward(k2)`             | `D^2 / 2`                                   |
//! | `k3_in_reward`         | `reward(k3)`             | `r - 1 + D`                                 |
//! | `reverse_k1_in_reward` | `reward(reverse_k1)`     | `-r * D`                                    |
//! | `reverse_k2_in_reward` | `reward(reverse_k2)`     | `r`                                         |
//! | `abs`                  | `abs(D)`                 | `sign(D)`                                   |
//! | `chi2`                 | `expm1(D) - D`           | `w - 1`                                     |
//! | `straight_through`     | `k2 - sg(k2) + sg(k3)`   | `D`                                         |
//! | `rho_k1`               | `rho * k1`               | `rho * (D + 1)`                             |
//! | `rho_k2`               | `rho * k2`               | `rho * (D^2 / 2 + D)`                       |
//! | `rho_k3`               | `rho * k3`               | `rho * D`                                   |
//! | `sg_rho_k2`            | `sg(rho) * k2`           | `rho * D`                                   |
//! | `sg_rho_k3`            | `sg(rho) * k3`           | `rho * (1 - r)`                             |
//! | `self_k2`              | `exp(logp - sg(logp)) * k2` | `D^2 / 2 + D`                            |
//! | `self_k3`              | `exp(logp - sg(logp)) * k3` | `D`                                      |
//! | `k1_clamped`           | `clamp(k1, -10, 10)`     | `where(abs(D) <= 10, 1, 0)`                 |
//! | `k2_clamped`           | `clamp(k2, -10, 10)`     | `where(D^2 / 2 <= 10, D, 0)`                |
//! | `k3_clamped`           | `clamp(k3, -10, 10)`     | `where(r - 1 + D <= 10, 1 - r, 0)`          |
//!
//! In the loss, the mean of the value is differentiated. In the reward (`k1_in_reward` and so on), r <- r - beta K, the value
//! is a constant and the gradient that of the score-function estimator: the mean of K log pi_theta is differentiated.
//!
//! `k2_lambda`, `k2_leave_one_out` and the like are k2 in the loss with a number subtracted from its coefficient D; see
//! [`Baseline`].
//!
//! What each follows is a matter of c alone: with samples of the policy itself, E\[D s\] is the gradient of
//! KL(pi_theta||pi_ref), E\[-r s\] that of KL(pi_ref||pi_theta), and E\[s\] is 0. So `rho_k3`, which weighs k3 with the live
//! ratio, follows the first and `k3` the second.

use super::expr::{Expr, Names};
use super::{Baseline, Divergence, Draw, Estimator, SEQUENCES, Weight, WeightedMean};

/// An estimator that has a name.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The loss of a sample in the language of [`super::expr`], without a baseline.
    pub expression: &'static str,
    /// The divergence whose gradient it is meant to follow.
    pub aim: Divergence,
    /// What is subtracted from its gradient coefficient.
    pub baseline: Option<Baseline>,
    /// Where it comes from.
    pub source: &'static str,
}

const ARTICLE: &str = "Yang (2025), section on theory and supplement";
const SCHULMAN: &str = "Schulman (2020), Approximating KL Divergence; Yang (2025)";
const FRAMEWORKS: &str = "an option of RL frameworks, such as verl's kl_loss_type";
const WEIGHTED: &str = "importance weighting, as for an off-policy loss; live ratio: DeepSeek-V3.2 (2025)";
const SELF_WEIGHTED: &str = "a ratio of the value 1 that carries the gradient, as in GRPO without off-policy samples";
const CLAMPED: &str = "output within 10, as verl clamps k3 (low_var_kl)";
const LEFT_OUT: &str = "Kool, van Hoof and Welling (2019), Buy 4 REINFORCE Samples, Get a Baseline for Free!";

/// Every estimator that has a name and makes a difference to single samples; the article's five come first, in its order.
pub static TABLE: [Row; 29] = [
    row("k1", "D", SCHULMAN),
    row("k2", "D^2 / 2", SCHULMAN),
    row("k3", "expm1(-D) + D", SCHULMAN),
    reverse("reverse_k1", "-r * D", ARTICLE),
    reverse("reverse_k2", "r", ARTICLE),
    row("k1_in_reward", "reward(k1)", ARTICLE),
    row("k2_in_reward", "reward(k2)", ARTICLE),
    row("k3_in_reward", "reward(k3)", ARTICLE),
    reverse("reverse_k1_in_reward", "reward(reverse_k1)", ARTICLE),
    reverse("reverse_k2_in_reward", "reward(reverse_k2)", ARTICLE),
    with_lambda("k2_lambda", Weight::Component, 1, Draw::Own),
    with_lambda("k2_lambda_shared", Weight::Norm, 1, Draw::Previous),
    with_lambda("k2_lambda_printed", Weight::Component, 2, Draw::Own),
    with_lambda("k2_lambda_shared_printed", Weight::Norm, 2, Draw::Previous),
    with_lambda("k2_mean_baseline", Weight::One, 1, Draw::Own),
    Row { baseline: Some(Baseline::LeaveOneOut), ..row("k2_leave_one_out", "k2", LEFT_OUT) },
    row("abs", "abs(D)", FRAMEWORKS),
    row("chi2", "expm1(D) - D", "k3 with the ratio upside down, a frequent slip"),
    row("straight_through", "k2 - sg(k2) + sg(k3)", FRAMEWORKS),
    row("rho_k1", "rho * k1", WEIGHTED),
    row("rho_k2", "rho * k2", WEIGHTED),
    row("rho_k3", "rho * k3", WEIGHTED),
    row("sg_rho_k2", "sg(rho) * k2", WEIGHTED),
    row("sg_rho_k3", "sg(rho) * k3", WEIGHTED),
    row("self_k2", "exp(logp - sg(logp)) * k2", SELF_WEIGHTED),
    row("self_k3", "exp(logp - sg(logp)) * k3", SELF_WEIGHTED),
    row("k1_clamped", "clamp(k1, -10, 10)", CLAMPED),
    row("k2_clamped", "clamp(k2, -10, 10)", CLAMPED),
    row("k3_clamped", "clamp(k3, -10, 10)", CLAMPED),
];

/// The five that the article's experiment has, in its order.
pub static ARTICLES: &[Row] = TABLE.first_chunk::<5>().expect("the table begins with them");

pub(super) const fn row(name: &'static str, expression: &'static str, source: &'static str) -> Row {
    Row { name, expression, aim: Divergence::Forward, baseline: None, source }
}

const fn reverse(name: &'static str, expression: &'static str, source: &'static str) -> Row {
    Row { aim: Divergence::Reverse, ..row(name, expression, source) }
}

const fn with_lambda(name: &'static str, weight: Weight, power_of_d: u32, draw: Draw) -> Row {
    let baseline = Some(Baseline::Weighted(WeightedMean { weight, power_of_d, draw }));
    Row { baseline, ..row(name, "k2", ARTICLE) }
}

impl Row {
    /// Every row that there is: [`TABLE`], then [`SEQUENCES`].
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TABLE.iter().chain(&SEQUENCES)
    }

    /// The row of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|row| row.name == name)
    }

    /// The estimator.
    pub fn estimator(&self) -> Estimator {
        Estimator { name: self.name.to_owned(), expression: self.parsed(), aim: self.aim, baseline: self.baseline }
    }

    fn parsed(&self) -> Expr {
        Expr::parse(self.expression, &Table).expect("the table's expressions are well-formed")
    }
}

/// The estimators of the table as names within an expression: `k2 - sg(k2) + sg(k3)`.
#[derive(Clone, Copy, Debug)]
pub struct Table;

impl Names for Table {
    fn find(&self, name: &str) -> Option<Expr> {
        Row::named(name).filter(|row| row.baseline.is_none()).map(Row::parsed)
    }

    fn all(&self) -> Vec<String> {
        Row::all().filter(|row| row.baseline.is_none()).map(|row| row.name.to_owned()).collect()
    }

    fn refusal(&self, name: &str) -> Option<String> {
        let reason = "its baseline is a mean over all samples of a trial, and an expression sees one sample";
        Row::named(name).filter(|row| row.baseline.is_some()).map(|_| reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::expr::{Steps, Tape};

    /// The documentation's table, line by line: name, loss, coefficient.
    fn documented() -> impl Iterator<Item = [&'static str; 3]> {
        let lines = include_str!("table.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        lines.map(|line| {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            [cells[0], cells[1], cells[2]]
        })
    }

    #[test]
    fn the_documentation_has_every_row_but_the_baselines() {
        let rows = TABLE.iter().filter(|row| row.baseline.is_none()).map(|row| (row.name, row.expression));
        let documented: Vec<(&str, &str)> = documented().map(|[name, loss, _]| (name, loss)).collect();
        assert_eq!(documented, rows.collect::<Vec<_>>());
    }

    /// The column of gradient coefficients, written by hand, against the expressions differentiated.
    #[test]
    fn every_expression_has_the_coefficient_that_the_documentation_writes() {
        let log_ratios: Vec<f64> = (-40..=40).map(|tenth| f64::from(tenth) / 2.9).collect();
        let log_probs = vec![-1.5; log_ratios.len()];
        let log_rhos: Vec<f64> = log_ratios.iter().map(|d| (3.0 * d).sin()).collect();
        for [name, loss, coefficient] in documented() {
            let [loss, coefficient] = [loss, coefficient].map(|text| Expr::parse(text, &Table).unwrap());
            let mut tape = Tape::new(&[loss, coefficient]);
            let mut block = tape.evaluate(Steps::samples(&log_probs, &log_ratios, &log_rhos));
            let expected = block.values(1).to_vec();
            for (place, (&c, expected)) in block.coefficients(0).iter().zip(expected).enumerate() {
                // A few roundings of terms no larger than (1 + |D| + D^2) max(1, r, w) rho.
                let d = log_ratios[place].abs();
                let size = (1.0 + d + d * d) * d.exp() * 1f64.exp();
                assert!((c - expected).abs() <= 8.0 * f64::EPSILON * size, "{name}, D = {}: {c}", log_ratios[place]);
            }
        }
    }
}
