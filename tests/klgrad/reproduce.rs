//! The published numbers, the check against them, and the same bits for any number of threads.

use crate::{Article, article, changed, experiment, files, gradients_of, problem, small, stderr, stdout};
use klgrad::check::Check;
use klgrad::engine::Engine;
use klgrad::estimator::{ARTICLES, TABLE};
use klgrad::experiment::{Experiment, Run};
use klgrad::export::{csv, read_gradients, read_summary};
use klgrad::gradients::Gradients;
use klgrad::policy::Problem;
use klgrad::published;
use klgrad::report;
use klgrad::summary::Row;
use std::convert::Infallible;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

/// What the article's program prints.
const ARTICLE: &str = include_str!("../golden/article.txt");

const FILES: [&str; 5] = ["figure.png", "figure.svg", "gradients.csv", "run.json", "summary.csv"];

fn golden_gradients() -> Gradients {
    read_gradients(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/article.csv")).unwrap()
}

/// The article's experiment, with some of its estimators.
fn of_article(estimators: &[&str]) -> Experiment {
    experiment(Problem::default(), Run::default(), estimators)
}

fn whole_article() -> Experiment {
    of_article(&ARTICLES.iter().map(|row| row.name).collect::<Vec<_>>())
}

/// Of the rows of the article's experiment.
fn check(rows: &[Row], tolerance: f64) -> Check {
    published::check(rows, &whole_article(), tolerance)
}

fn rows_of(mut gradients: Gradients) -> Vec<Row> {
    crate::rows_of(&mut gradients, &whole_article())
}

#[test]
fn all_34_published_numbers_are_reproduced() {
    let Article { folder, output } = article();
    let report = stdout(output);
    assert!(report.ends_with("34 of 34 published numbers reproduced\n"), "{report}");
    assert!(report.contains(ARTICLE), "{report}");
    assert!(report.contains("│ reverse_k1 │           -4.500825 │         0.476063 │      0.31 │"), "{report}");
    assert_eq!(stderr(output), "", "no progress where standard error is no terminal");
    assert_eq!(files(folder), FILES);

    let rows = read_summary(&folder.join("summary.csv")).unwrap();
    assert_eq!(rows, rows_of(read_gradients(&folder.join("gradients.csv")).unwrap()));
}

#[test]
fn the_report_holds_what_the_articles_program_prints() {
    let rows = rows_of(golden_gradients());
    assert_eq!(report::averages(&rows) + "\n" + &report::tables(&rows, None), ARTICLE);
}

#[test]
fn a_doctored_number_fails_the_check() {
    assert_eq!(check(&rows_of(golden_gradients()), 0.0).misses, [""; 0]);
    // Moves the mean of 1000 trials by one in the sixth decimal.
    let doctor = |series: usize, trial: usize, gradient: f32| match (series, trial) {
        (2, 17) => gradient + 1e-3,
        _ => gradient,
    };
    let doctored = rows_of(changed(&mut golden_gradients(), doctor));
    let outcome = check(&doctored, 0.0);
    assert_eq!(outcome.compared, 34);
    assert_eq!(outcome.misses.len(), 1);
    let (_, distance) = outcome.misses[0]
        .split_once("k2, mu: mean gradient is -0.826290, published as -0.826291: it misses by ")
        .unwrap_or_else(|| panic!("{:?}", outcome.misses));
    // Rounded to two digits: what is said is not quite enough, or just enough.
    let distance: f64 = distance.parse().unwrap();
    assert!((5e-7..1.5e-6).contains(&distance), "{distance}");
    assert_eq!(check(&doctored, 0.9 * distance).misses.len(), 1);
    assert_eq!(check(&doctored, 1.1 * distance).misses, [""; 0]);
    // What prints the same is reproduced, however small the tolerance.
    assert_eq!(check(&rows_of(golden_gradients()), 1e-12).misses, [""; 0]);

    let mut rows = rows_of(golden_gradients());
    for row in &mut rows {
        row.true_gradient *= 1.01;
        row.mean_gradient *= 1.01;
        row.bias_over_true = None;
        row.stdev_over_true = row.stdev_over_true.map(|stdev| stdev * 1.1);
    }
    let misses = check(&rows, 1e-9).misses;
    assert_eq!(misses.len(), 34);
    assert!(
        misses.iter().all(|miss| miss.contains("misses by ") || miss.contains("bias/true is undefined")),
        "{misses:?}"
    );
}

#[test]
fn the_check_of_some_estimators_counts_their_numbers() {
    let rows: Vec<Row> = rows_of(golden_gradients()).into_iter().filter(|row| row.estimator == "reverse_k2").collect();
    let some = published::check(&rows, &of_article(&["reverse_k2"]), 0.0);
    assert_eq!(some, Check { compared: 8, ..Check::default() });
    let outcome = check(&rows, 0.0);
    assert_eq!(outcome.misses.len(), 8, "the other estimators have no rows");
    assert!(outcome.misses[0].starts_with("k1, mu: has no row"), "{:?}", outcome.misses);
}

#[test]
fn threads_do_not_change_a_bit() {
    let all = TABLE.each_ref().map(|row| row.name);
    // The second has five blocks a trial, the last one short.
    for (num_trials, sample_size, estimators) in [(12, 1000, &all[..]), (2, 300_001, &["k3", "k2_lambda"])] {
        let experiment = experiment(Problem::default(), Run { num_trials, sample_size, ..Run::default() }, estimators);
        let runs = [1, 2, 5].map(|threads| {
            let mut gradients = Vec::new();
            let Ok(()) = Engine::default().run(&experiment, 0, NonZeroUsize::new(threads).unwrap(), |trial| {
                gradients.extend(trial.iter().map(|gradient| gradient.to_bits()));
                Ok::<_, Infallible>(())
            });
            gradients
        });
        assert_eq!(runs[0].len(), num_trials * 2 * experiment.estimators().len());
        assert!(runs[0] == runs[1] && runs[0] == runs[2], "{sample_size} samples");
    }
}

#[test]
fn run_json_holds_the_settings_and_versions() {
    let (_, text) = small().iter().find(|(name, _)| name == "run.json").unwrap();
    let mut run: serde_json::Value = serde_json::from_slice(text).unwrap();
    let digests = run.as_object_mut().unwrap().remove("sha256").unwrap();
    assert_eq!(digests.as_object().unwrap().keys().collect::<Vec<_>>(), ["gradients.csv", "summary.csv"]);
    // Where the CPU or the environment chooses kernels, the last bits depend on them.
    if let Some(kernels) = run.as_object_mut().unwrap().remove("vector_kernels") {
        assert!(["0", "1", "2", "3", "5"].contains(&kernels.as_str().unwrap()), "{kernels}");
    }
    let mut expected = serde_json::json!({
        "schema": "klgrad.run.1",
        "mu_theta": 0.0, "sigma_theta": 1.0, "mu_ref": 1.0, "sigma_ref": 1.1, "mu_old": 0.0, "sigma_old": 1.0,
        "sample_size": 16, "num_trials": 20, "seed": 42, "estimators": ["k1", "k2", "k3", "reverse_k1", "reverse_k2"],
        "engine": Engine::default(), "klgrad": env!("CARGO_PKG_VERSION"),
    });
    // What differentiates is named where something does.
    if cfg!(feature = "libtorch") {
        expected["libtorch"] = "2.13.0".into();
    }
    assert_eq!(run, expected);
}

#[test]
fn a_true_gradient_of_zero_leaves_relative_numbers_infinite_or_undefined() {
    let run = Run { num_trials: 3, sample_size: 50, ..Run::default() };
    let experiment = experiment(problem(0.0, 1.0, 0.0, 1.1), run, &["k1"]);
    let rows = crate::rows_of(&mut gradients_of(Engine::default(), &experiment), &experiment);
    // As Python divides by 0.
    let report = report::tables(&rows, None);
    assert!(report.contains("│ k1 │         inf │          inf │"), "{report}");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), csv(&rows).unwrap()).unwrap();
    let rows = read_summary(file.path()).unwrap();
    assert_eq!((rows[0].true_gradient, rows[0].bias_over_true, rows[0].stdev_over_true), (0.0, None, None));
    assert!(rows[1].bias_over_true.is_some());
}
