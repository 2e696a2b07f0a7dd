//! The tests of the library and of the program as a user calls it, a module a topic.

mod agreement;
mod bad_input;
mod claims;
mod closed_forms;
mod data_frames;
mod definition;
mod expr;
mod figure;
mod golden;
mod program;
mod quadrature;
mod report;
mod reproduce;
mod resume;
mod score;
mod setup;
mod svg;
mod svg_label;
mod sweep;
mod sweep_figure;
mod sweep_figure_legible;
mod theory;
mod violin_names;

use klgrad::gradients::{Gradients, Series};
use std::fs;
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
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).expect("it can be read");
        (name, bytes)
    };
    files(folder).into_iter().map(read).collect()
}

/// The article's experiment, run once for all tests.
struct Article {
    folder: PathBuf,
    output: Output,
}

/// Run by autograd, and checked.
fn article() -> &'static Article {
    static ARTICLE: OnceLock<Article> = OnceLock::new();
    ARTICLE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("article");
        let _ = fs::remove_dir_all(&folder);
        let output = succeed(&mut reproduce_into(&folder, "--check"));
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
