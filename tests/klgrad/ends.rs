//! Where a training ends, with whatever loss.

use crate::expr::for_all;
use crate::expr::form::forms;
use klgrad::estimator::Table;
use klgrad::estimator::expr::Expr;
use klgrad::explain::Penalty;
use klgrad::policy::Softmax;
use klgrad::training::ends::{Answers, Kind};
use proptest::prelude::*;

/// No loss, reward or beta breaks it: an end is a policy, and where there is no other it stands still.
#[test]
fn whatever_is_written_ends_somewhere_or_nowhere() {
    let answers = (prop::collection::vec((-6.0..6.0_f64, -2.0..2.0_f64), 2..5), -3.0..3.0_f64);
    for_all(150, &(forms(), answers), |(form, (pairs, log_beta))| {
        let (logits, rewards): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let Some(penalty) = Expr::parse_loss(&form.text(), &Table).ok().and_then(|loss| Penalty::of(&loss).ok()) else {
            return Ok(());
        };
        let beta = log_beta.exp();
        let ends = Answers::new(&Softmax::categorical(logits).unwrap(), &rewards).unwrap().ends(&penalty, beta);
        prop_assert!(
            ends.end.is_some() != matches!(ends.kind, Kind::None | Kind::Unknown),
            "{}: {}",
            form.text(),
            ends
        );
        let Some(end) = ends.end else { return Ok(()) };
        prop_assert!((end.policy.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{}: {:?}", form.text(), end);
        // At a jump of c, and next to one, there is a range of numbers that it may be.
        let beside = |d: f64, side: f64| penalty.value(d + side * 1e-7 * (1.0 + d.abs()));
        let pushes = |side: f64| {
            let seen = end.log_ratios.iter().zip(&rewards).filter(|(d, _)| d.is_finite());
            seen.map(move |(d, reward)| reward - beta * beside(*d, side)).collect::<Vec<f64>>()
        };
        let highest_low = pushes(1.0).into_iter().fold(f64::NEG_INFINITY, f64::max);
        let lowest_high = pushes(-1.0).into_iter().fold(f64::INFINITY, f64::min);
        let within = 1e-5 * (1.0 + highest_low.abs());
        prop_assert!(highest_low <= lowest_high + within, "{}: {} {:?}", form.text(), ends.why, end);
        Ok(())
    });
}
