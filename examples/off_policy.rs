//! Samples of an older policy: which losses still follow the gradient of KL(theta||ref)? Theory, autograd and sums of scores
//! answer, each by itself.
//!
//!     cargo run --release --example off_policy

use klgrad::engine::Engine;
use klgrad::estimator::{Divergence, Estimator, Parameter};
use klgrad::experiment::{Distributions, Experiment, InvalidSetting, Run};
use klgrad::theory;
use std::convert::Infallible;
use std::num::NonZeroUsize;

fn main() -> Result<(), InvalidSetting> {
    let policies =
        Distributions { mu_theta: 0.2, mu_ref: 0.5, sigma_ref: 1.0, mu_old: Some(0.0), ..Distributions::default() };
    let estimators =
        ["k2", "k3", "sg_rho_k2", "rho_k3"].map(|name| Estimator::named(name).expect("it is in the table"));
    let run = Run { sample_size: 10_000, num_trials: 100, seed: 1 };
    let experiment = Experiment::new(policies.problem()?, run, estimators.into())?;

    let rows = theory::rows(experiment.estimators(), experiment.problem(), run.sample_size);
    let [autograd, score] = Engine::ALL.map(|engine| means(engine, &experiment));
    let truth = theory::kl_gradient(Divergence::Forward, Parameter::Mu, experiment.problem());
    println!("pi_theta = N(0.2, 1), pi_ref = N(0.5, 1), samples from N(0, 1).");
    println!("The gradient of KL(theta||ref) with respect to the mean is {truth:.3}.\n");
    println!("{:<10}  {:>8}  {:>8}  {:>8}", "loss", "theory", "autograd", "score");
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.parameter == Parameter::Mu) {
        println!(
            "{:<10}  {:>8.3}  {:>8.3}  {:>8.3}",
            row.estimator, row.expected_gradient, autograd[place], score[place]
        );
    }
    Ok(())
}

/// The mean over the trials of each series: for each estimator with respect to mu, then to sigma.
fn means(engine: Engine, experiment: &Experiment) -> Vec<f64> {
    let mut sums = vec![0.0; 2 * experiment.estimators().len()];
    let add = |trial: &[f32]| {
        sums.iter_mut().zip(trial).for_each(|(sum, &gradient)| *sum += f64::from(gradient));
        Ok::<(), Infallible>(())
    };
    let Ok(()) = engine.run(experiment, 0, NonZeroUsize::MIN, add);
    sums.iter().map(|sum| sum / experiment.run().num_trials as f64).collect()
}
