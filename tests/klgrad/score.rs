//! The score engine against the article and itself, and where there is libtorch against autograd.

#[cfg(feature = "libtorch")]
mod beside_autograd;
mod golden;

use crate::{experiment, problem, rows_of};
use klgrad::check::Check;
use klgrad::engine::score;
use klgrad::estimator::{ARTICLES, Estimator};
use klgrad::experiment::{Experiment, Run};
use klgrad::gradients::Gradients;
use klgrad::policy::Problem;
use klgrad::published;
use std::num::NonZeroUsize;

/// An experiment with every estimator of the table, and one that a user defines.
fn of_all(problem: Problem, sample_size: usize, num_trials: usize, seed: i64) -> Experiment {
    let mut estimators = Estimator::all();
    estimators.push("mine = sg(rho) * (sqrt(1 + D^2) - 1) + reward(min(r, 2))".parse().expect("it is a loss"));
    Experiment::new(problem, Run { sample_size, num_trials, seed }, estimators).expect("the settings are in range")
}

/// With the article's estimators.
fn of_articles(problem: Problem, run: Run) -> Experiment {
    experiment(problem, run, &ARTICLES.iter().map(|row| row.name).collect::<Vec<_>>())
}

fn by_score(experiment: &Experiment, threads: usize) -> Gradients {
    let mut gradients = Gradients::empty(experiment.estimators(), &std::env::temp_dir());
    let threads = NonZeroUsize::new(threads).expect("there is a thread");
    score::run(experiment, 0, threads, |trial| gradients.push(trial)).expect("there is room for it");
    gradients
}

#[test]
fn reproduces_every_published_number() {
    let experiment = of_articles(Problem::default(), Run::default());
    let check = published::check(&rows_of(&mut by_score(&experiment, 2), &experiment), &experiment, 0.0);
    assert_eq!(check, Check { compared: 34, ..Check::default() });
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (sample_size, num_trials) in [(17, 5000), (200_003, 4)] {
        let experiment = of_all(problem(-0.3, 0.7, 0.4, 0.9), sample_size, num_trials, 7);
        let series = |threads| by_score(&experiment, threads).all_series().map(Result::unwrap).collect::<Vec<_>>();
        let with_one = series(1);
        for threads in [2, 5] {
            assert!(series(threads) == with_one, "{threads} threads, {sample_size} samples");
        }
    }
}

#[test]
fn ends_where_the_sink_fails() {
    let run = Run { sample_size: 10, num_trials: usize::MAX, ..Run::default() };
    let experiment = of_articles(Problem::default(), run);
    let mut trials = 0;
    let result = score::run(&experiment, 0, NonZeroUsize::MIN, |_| {
        trials += 1;
        if trials < 5000 { Ok(()) } else { Err("full") }
    });
    assert_eq!((result, trials), (Err("full"), 5000));
}

/// Where r is 0 in 32 bits, and autograd's k3 is not a number.
#[test]
fn is_finite_where_the_ratio_underflows() {
    assert_eq!(by_score(&where_the_ratio_underflows(), 1).not_finite(), 0);
}

fn where_the_ratio_underflows() -> Experiment {
    let run = Run { sample_size: 100, num_trials: 10, ..Run::default() };
    of_articles(problem(0.0, 1.0, 15.0, 0.9), run)
}
