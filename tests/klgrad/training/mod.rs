//! Where trainings come to, against the ends that are known.

mod exact;
mod off_policy;
mod sampled;

use klgrad::estimator::Estimator;
use klgrad::explain::Penalty;
use klgrad::policy::Softmax;
use klgrad::training::ends::{Answers, Ends};
use klgrad::training::{Objective, Reward, Run, Settings, Training};

/// One token of these probabilities in the reference, what each earns, and beta.
fn objective(probabilities: &[f64], rewards: &[f64], beta: f64) -> Objective {
    let reference = Softmax::categorical(probabilities.iter().map(|p| p.ln()).collect()).unwrap();
    let reward = Reward::new(&[rewards.len()], rewards.to_vec(), &reference).unwrap();
    Objective::new(reference, reward, beta).unwrap()
}

fn named(name: &str) -> Estimator {
    Estimator::named(name).unwrap_or_else(|| panic!("{name} is in the table"))
}

/// Where the training of an estimator ends, by formula.
fn ends(objective: &Objective, estimator: &Estimator) -> Ends {
    let answers = Answers::new(objective.reference(), objective.reward().entries()).unwrap();
    match Penalty::of(estimator.expression()) {
        Ok(penalty) => answers.ends(&penalty, objective.beta()),
        Err(reason) => Ends::from(reason),
    }
}

fn run(objective: &Objective, start: &Softmax, estimator: &Estimator, settings: Settings, seed: i64) -> Run {
    let optimum = objective.optimum();
    Training::new(objective, &optimum, start, settings).unwrap().run(estimator, seed)
}

/// The runs of an estimator from the reference, with seeds from 0.
fn runs(objective: &Objective, name: &str, settings: Settings, seeds: i64) -> Vec<Run> {
    (0..seeds).map(|seed| run(objective, objective.reference(), &named(name), settings, seed)).collect()
}

fn probabilities(policy: &Softmax) -> Vec<f64> {
    policy.log_probs().into_iter().map(f64::exp).collect()
}

/// The largest difference of two probabilities of the same answer.
fn farthest(policy: &Softmax, end: &[f64]) -> f64 {
    probabilities(policy).iter().zip(end).map(|(p, end)| (p - end).abs()).fold(0.0, f64::max)
}

/// The mean of some numbers, and its standard error.
fn mean_and_error(numbers: &[f64]) -> [f64; 2] {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    [mean, (variance / count).sqrt()]
}
