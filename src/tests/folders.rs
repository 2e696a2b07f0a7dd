//! The folder that `klgrad reproduce` leaves, goes on with, checks and draws again.

use super::printed::{files, name, printed, printed_into, warnings_into};
use klgrad::export::read_complete;
use klgrad::figure::{self, Format};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// A small run with its figures, and one without.
const DRAWN: &str =
    "reproduce --quiet --num-trials 12 --sample-size 100 --engine score --estimators k1,k2_lambda_shared";
const PLAIN: &str = "reproduce --quiet --no-figure --num-trials 20 --sample-size 16";

/// Every file of a folder, by name, with its content.
pub type Files = Vec<(String, Vec<u8>)>;

pub fn contents(folder: &Path) -> Files {
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        (name, bytes)
    };
    files(folder).into_iter().map(read).collect()
}

fn files_of(args: &str) -> Files {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(printed_into(folder.path(), args), "", "it is quiet");
    contents(folder.path())
}

/// The files of [`DRAWN`], which is run once for all tests.
fn drawn() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| files_of(DRAWN))
}

/// A folder with these files.
fn folder_with(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

/// What a run that goes on, with its figures, and is checked says.
fn checked(folder: &Path) -> String {
    printed_into(folder, &format!("{} --resume --check", DRAWN.replace("--quiet", "")))
}

#[test]
fn a_run_goes_on_to_the_same_files() {
    assert_eq!(drawn().len(), 5, "with its figures");
    let folder = tempfile::tempdir().unwrap();
    let content = |name: &str| &drawn().iter().find(|(found, _)| found == name).unwrap().1;
    let gradients = content("gradients.csv");
    fs::write(folder.path().join("gradients.partial.csv"), &gradients[..gradients.len() / 2]).unwrap();
    let mut description: serde_json::Value = serde_json::from_slice(content("run.json")).unwrap();
    description.as_object_mut().unwrap().remove("sha256").unwrap();
    fs::write(folder.path().join("run.partial.json"), description.to_string()).unwrap();
    assert_eq!(printed_into(folder.path(), &format!("{DRAWN} --resume")), "");
    assert!(contents(folder.path()) == *drawn());
}

#[test]
fn a_complete_run_is_left_as_it_is() {
    let folder = folder_with(drawn());
    let modified = |name: &String| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let times = || files(folder.path()).iter().map(modified).collect::<Vec<_>>();
    let before = times();
    let said = checked(folder.path());
    assert!(said.contains("is complete; nothing is left to do\n"), "{said}");
    assert!(said.contains("4 of 4 means and standard deviations agree"), "it is checked: {said}");
    assert!(contents(folder.path()) == *drawn() && times() == before);
    // A figure that somebody has deleted is drawn again.
    fs::remove_file(folder.path().join("figure.svg")).unwrap();
    checked(folder.path());
    assert!(contents(folder.path()) == *drawn());
}

/// A check trusts no file but the gradients: cut to one row, the summary is written again.
#[test]
fn a_check_of_a_summary_that_was_changed_is_no_check_of_it() {
    let folder = folder_with(drawn());
    let summary = folder.path().join("summary.csv");
    let two_lines: String = fs::read_to_string(&summary).unwrap().split_inclusive('\n').take(2).collect();
    fs::write(&summary, two_lines).unwrap();
    let said = checked(folder.path());
    assert!(said.lines().last().unwrap().starts_with("4 of 4 means and standard deviations agree"), "{said}");
    assert!(contents(folder.path()) == *drawn());
}

#[test]
fn without_a_figure_an_earlier_one_goes() {
    let folder = folder_with(drawn());
    printed_into(folder.path(), PLAIN);
    assert!(contents(folder.path()) == files_of(PLAIN));
}

#[test]
fn plot_draws_the_figure_of_the_run() {
    let run = folder_with(drawn());
    let again = run.path().join("again.svg");
    printed(&["plot", name(run.path()), "--output", name(&again)]);
    assert!(fs::read(again).unwrap() == fs::read(run.path().join("figure.svg")).unwrap());
    let (mut gradients, rows) = read_complete(run.path()).unwrap();
    let png = figure::draw(&figure::panels(&mut gradients, &rows).unwrap(), Format::Png).unwrap();
    assert!(png == fs::read(run.path().join("figure.png")).unwrap());
}

#[test]
fn means_and_standard_deviations_are_tested_at_other_settings_than_the_articles() {
    let folder = tempfile::tempdir().unwrap();
    let args = "--check --quiet --no-figure --sigma-ref 1.5 --num-trials 20 --sample-size 100 --estimators k2,k3";
    let said = printed_into(folder.path(), &format!("reproduce {args}"));
    assert!(said.contains("k3, mu and sigma: left out, its variance is infinite\n"), "{said}");
    assert!(said.contains("\n4 of 4 means and standard deviations agree with theory"), "{said}");
}

#[test]
fn extreme_settings_finish_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let args = "reproduce --quiet --engine score --num-trials 20 --sample-size 16 --sigma-ref 1e-30 --mu-ref 1e30";
    let warnings = warnings_into(folder.path(), args);
    assert!(warnings.contains("of 200 gradients are not finite"), "{warnings}");
    assert!(
        warnings.contains("not finite are left out, for mu and sigma: k2 (20 of 20), reverse_k1 (20 "),
        "{warnings}"
    );
    assert_eq!(warnings.lines().count(), 3, "{warnings}");
    assert_eq!(files(folder.path()).len(), 5);
    let (mut gradients, rows) = read_complete(folder.path()).unwrap();
    assert!(rows.iter().all(|row| row.true_gradient.is_finite()), "the truth is in 64 bits: {rows:?}");
    assert_eq!(figure::panels(&mut gradients, &rows).unwrap().len(), 4, "it can be drawn again");
}
