//! With eight updates for each batch, most of them see samples of an older policy.

use super::{ends, mean_and_error, named, objective, runs};
use klgrad::training::{End, Objective, Settings};

/// What the last policies of the runs of an estimator have, on average over its seeds.
struct Came {
    /// By how many standard errors KL is off that of the loss's own end.
    errors: f64,
    gap: f64,
}

fn came(objective: &Objective, name: &str, settings: Settings, seeds: i64) -> Came {
    let runs = runs(objective, name, settings, seeds);
    assert!(runs.iter().all(|run| run.end == End::Finished));
    let last = || runs.iter().map(|run| *run.steps.last().unwrap());
    let [kl, error] = mean_and_error(&last().map(|step| step.kl).collect::<Vec<f64>>());
    let [gap, _] = mean_and_error(&last().map(|step| step.gap.unwrap()).collect::<Vec<f64>>());
    let end = ends(objective, &named(name)).end.unwrap();
    Came { errors: (kl - end.kl).abs() / error, gap }
}

/// Four standard errors are passed by chance once in some hundred times with 8 seeds, and never by the seeds that stand here.
#[test]
fn the_losses_with_a_ratio_still_end_where_they_should() {
    let objective = objective(&[0.4, 0.3, 0.2, 0.1], &[0.1, 0.5, -0.3, 0.4], 0.5);
    let settings = Settings { steps: 160, batch: 64, updates_per_batch: 8, learning_rate: 1.0, ..Settings::default() };
    let [rho_k3, sg_rho_k2, sg_rho_k3] =
        ["rho_k3", "sg_rho_k2", "sg_rho_k3"].map(|name| came(&objective, name, settings, 8));
    // The gap is noise alone, some 3e-4; at the end of k3 it is 2.3e-3.
    for came in [&rho_k3, &sg_rho_k2] {
        assert!(came.errors < 4.0 && came.gap < 1e-3, "{}, {:e}", came.errors, came.gap);
    }
    assert!(sg_rho_k3.errors < 4.0 && sg_rho_k3.gap > 1.5e-3, "{}, {:e}", sg_rho_k3.errors, sg_rho_k3.gap);
}

/// A penalty without the ratio keeps pulling by what the older policy drew, the reward by what the policy draws now. Where beta
/// and the rate are large enough for a batch to move the policy far, the two do not settle.
#[test]
fn the_losses_without_a_ratio_do_not_settle_at_a_large_rate() {
    // A reference as Zipf's law has it, and rewards as far apart as standard normal ones.
    let weights: Vec<f64> = (1..=10).map(|rank| 1.0 / f64::from(rank)).collect();
    let sum: f64 = weights.iter().sum();
    let reference: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let objective = objective(&reference, &[-0.7, 1.5, 0.3, -1.2, 0.8, -0.2, 2.0, -1.6, 0.5, 1.1], 1.0);
    let settings = Settings { steps: 160, batch: 64, updates_per_batch: 8, learning_rate: 2.0, ..Settings::default() };
    let gap = |name: &str, updates_per_batch: usize| {
        came(&objective, name, Settings { updates_per_batch, ..settings }, 6).gap
    };
    let with = gap("rho_k3", 8);
    for name in ["k2", "k1_in_reward"] {
        let (without, on_policy) = (gap(name, 8), gap(name, 1));
        assert!(without > 5.0 * with && without > 20.0 * on_policy, "{name}: {without:e}, {with:e}, {on_policy:e}");
    }
}
