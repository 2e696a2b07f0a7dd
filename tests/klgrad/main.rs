//! The tests of the library and of the program as a user calls it, a module a topic.

mod agreement;
#[cfg(feature = "libtorch")]
mod article_example;
mod bad_input;
mod claims;
mod closed_form;
#[cfg(feature = "libtorch")]
mod closed_forms;
mod data_frames;
mod definition;
mod ends;
mod explain;
mod expr;
mod figure;
mod golden;
mod lambda;
mod limits;
mod program;
mod quadrature;
mod random;
mod readme;
mod report;
mod reproduce;
mod resume;
mod rounding;
mod score;
mod setup;
mod softmax;
mod svg;
mod svg_label;
mod sweep;
mod sweep_figure;
mod sweep_figure_legible;
mod theory;
mod training;
mod violin_names;

use klgrad::engine::Engine;
use klgrad::estimator::Estimator;
use klgrad::experiment::{Experiment, Run};
use klgrad::export::{self, Start, Unfinished};
use klgrad::gradients::{Gradients, Series};
use klgrad::libtorch::Libtorch;
use klgrad::policy::{Normal, Problem};
use klgrad::summary::{Row, summarise};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The program with these arguments, words with blanks between them.
fn klgrad(args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klgrad"));
    command.args(args.split_whitespace());
    command
}

/// `klgrad reproduce`, with its files in a folder.
fn reproduce_into(folder: &Path, args: &str) -> Command {
    let mut command = klgrad("reproduce");
    command.args(args.split_whitespace()).arg("--output").arg(folder);
    command
}

/// Runs it; it has to succeed.
fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", stderr(&output));
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The names of the files in a folder, hidden ones too.
fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Every file in a folder with its content.
fn contents(folder: &Path) -> Files {
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).expect("it can be read");
        (name, bytes)
    };
    files(folder).into_iter().map(read).collect()
}

/// Every file of a folder, by name, with its content.
type Files = Vec<(String, Vec<u8>)>;

/// A run that takes no time.
const SMALL: &str = "--quiet --no-figure --num-trials 20 --sample-size 16";

/// The files of that run, which is run once for all tests.
fn small() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| files_of(SMALL))
}

/// What a run of its own writes.
fn files_of(args: &str) -> Files {
    let folder = tempfile::tempdir().expect("there is room for it");
    succeed(&mut reproduce_into(folder.path(), args));
    contents(folder.path())
}

/// What a run of the program writes, but for its figures: the library writes it.
fn write_run(folder: &Path, engine: Engine, experiment: &Experiment) {
    let run = export::Run::new(experiment, engine, Libtorch::here());
    let gradients = Gradients::empty(experiment.estimators(), folder);
    let start = export::open(folder, &run, gradients, &[export::SUMMARY], &[], false).expect("the folder is empty");
    let Start::Unfinished(mut unfinished) = start else { panic!("the folder is empty") };
    engine.run(experiment, 0, TWO, |trial| unfinished.push(trial)).expect("there is room for it");
    complete(*unfinished, folder, experiment);
}

/// Writes the files of a run that has all its trials.
fn complete(mut unfinished: Unfinished, folder: &Path, experiment: &Experiment) {
    let summary = export::csv(&rows_of(unfinished.gradients(), experiment)).expect("rows are lines");
    let summary = export::Output::of_bytes(folder.join(export::SUMMARY), summary.into_bytes());
    assert_eq!(unfinished.complete(&[summary]).expect("there is room for it"), None);
}

/// A folder with these files.
fn folder_with(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for it");
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).expect("there is room for it"));
    folder
}

/// N(mu_theta, sigma_theta^2), which draws, against N(mu_ref, sigma_ref^2).
fn problem(mu_theta: f64, sigma_theta: f64, mu_ref: f64, sigma_ref: f64) -> Problem {
    Problem::on_policy(normal(mu_theta, sigma_theta), normal(mu_ref, sigma_ref))
}

fn normal(mu: f64, sigma: f64) -> Normal {
    Normal::new(mu, sigma).expect("a mean that is finite and a standard deviation that is positive")
}

/// Estimators of the table.
fn named(names: &[&str]) -> Vec<Estimator> {
    names.iter().map(|name| Estimator::named(name).expect("it is in the table")).collect()
}

/// An experiment with estimators of the table.
fn experiment(problem: Problem, run: Run, names: &[&str]) -> Experiment {
    Experiment::new(problem, run, named(names)).expect("its settings are in range")
}

/// Other tests wait for libtorch's generator while an engine runs, so that two threads share the work.
const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// The gradients of an experiment.
fn gradients_of(engine: Engine, experiment: &Experiment) -> Gradients {
    let mut gradients = Gradients::empty(experiment.estimators(), &std::env::temp_dir());
    engine.run(experiment, 0, TWO, |trial| gradients.push(trial)).expect("there is room for them in memory");
    gradients
}

/// The rows of its summary.
fn rows_of(gradients: &mut Gradients, experiment: &Experiment) -> Vec<Row> {
    summarise(gradients, experiment).expect("they are in memory")
}

/// The article's experiment, run once for all tests.
struct Article {
    folder: PathBuf,
    output: Output,
}

/// Run by the default engine, and checked.
fn article() -> &'static Article {
    static ARTICLE: OnceLock<Article> = OnceLock::new();
    ARTICLE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("article");
        let _ = fs::remove_dir_all(&folder);
        let output = succeed(&mut reproduce_into(&folder, &format!("--check --engine {}", Engine::default())));
        Article { folder, output }
    })
}

/// The gradients, each replaced by a function of its series, its trial and itself.
fn changed(gradients: &mut Gradients, change: impl Fn(usize, usize, f32) -> f32) -> Gradients {
    let mut changed = Gradients::of_series(gradients.names().to_vec(), &std::env::temp_dir());
    let all: Vec<Series> = gradients.all_series().map(|series| series.expect("it is in memory")).collect();
    for trial in 0..gradients.num_trials() {
        let row: Vec<f32> =
            all.iter().enumerate().map(|(index, series)| change(index, trial, series.gradients[trial])).collect();
        changed.push(&row).expect("it is in memory");
    }
    changed
}
