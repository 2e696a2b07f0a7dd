//! What commands print that succeed. That it arrives at standard output, and tables do as text, is tested with the program.

use crate::cli::Cli;
use crate::command::take;
use clap::Parser;
use klgrad::estimator::Estimator;
use klgrad::policy::Problem;
use klgrad::{catalogue, export, theory};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What the command with these arguments prints on standard output and on standard error; it has to succeed.
pub fn streams(words: &[&str]) -> [String; 2] {
    let cli = Cli::try_parse_from(["klgrad"].iter().chain(words)).unwrap_or_else(|error| panic!("{error}"));
    take();
    let outcome = crate::obey(cli.command).unwrap_or_else(|error| panic!("{words:?}: {error:#}"));
    let streams = take();
    assert!(matches!(outcome, ExitCode::SUCCESS), "{words:?}: {streams:?}");
    streams
}

/// What it prints on standard output, with nothing on standard error.
pub fn printed(words: &[&str]) -> String {
    let [stdout, stderr] = streams(words);
    assert_eq!(stderr, "", "{words:?}");
    stdout
}

/// The same with its files in a folder; the arguments have blanks between them.
pub fn printed_into(folder: &Path, args: &str) -> String {
    let words: Vec<&str> = args.split_whitespace().collect();
    printed(&[&words[..], &["--output", name(folder)]].concat())
}

/// What it warns of, with its files in a folder.
pub fn warnings_into(folder: &Path, args: &str) -> String {
    let words: Vec<&str> = args.split_whitespace().collect();
    let [_, stderr] = streams(&[&words[..], &["--output", name(folder)]].concat());
    stderr
}

pub fn name(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a name in UTF-8")
}

/// The names of the files in a folder, hidden ones too.
pub fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// The texts anywhere in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        // The value of a framework's option is a text, whatever it looks like.
        Value::Object(map) => {
            map.iter().filter(|(key, _)| *key != "value").flat_map(|(_, value)| texts(value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The objects that a command prints: their form has a name, numbers are numbers, and null stands for what has none. Each of
/// these columns has no number somewhere: one that is infinite, unresolved, or not there.
fn objects(words: &[&str], without_number: &[&str]) -> Vec<Value> {
    let text = printed(&[words, &["--format", "json"]].concat());
    let objects: Vec<Value> = serde_json::from_str(&text).unwrap();
    for object in &objects {
        assert_eq!(object["schema"], format!("klgrad.{}.1", words[0]), "{object}");
        let is_number = |text: &&str| text.parse::<f64>().is_ok();
        assert_eq!(texts(object).into_iter().filter(is_number).collect::<Vec<_>>(), [""; 0], "{object}");
    }
    for column in without_number {
        let has_null = |object: &Value| object[column].is_null() || object[column].to_string().contains("null");
        let is_there = |object: &Value| object.get(column).is_some();
        assert!(objects.iter().all(is_there) && objects.iter().any(has_null), "{words:?}, {column}: {text}");
    }
    objects
}

#[test]
fn frameworks_are_objects() {
    let objects = objects(&["frameworks", "verl"], &["dead"]);
    assert_eq!(objects.len(), catalogue::framework("verl").unwrap().len());
}

#[test]
fn a_term_of_a_framework_is_explained_in_an_object() {
    let pages = objects(&["explain", "trl:kl_estimator=k3"], &["wrong_way"]);
    let page = &pages[0];
    assert_eq!(page["name"], "trl:PPOConfig.kl_estimator=k3");
    assert_eq!(page["follows"], "KL(theta||ref) - KL(ref||theta)");
    assert_eq!((&page["off_policy"], &page["pull"]), (&false.into(), &0.0.into()));
    assert_eq!(page["wrong_way"], serde_json::json!([[null, 0.0]]));
    assert_eq!(page["used_by"][0], page["name"]);
    assert!(page["ends"].as_str().unwrap().starts_with("runs away from pi_ref"), "{page}");
}

#[test]
fn rows_of_theory_are_objects() {
    let rows = objects(
        &["theory", "--mu-ref", "0", "--sigma-ref", "2", "--sample-size", "1"],
        &["stdev_one_sample", "relative_bias", "lambda"],
    );
    assert_eq!(rows.len(), 56, "leave-one-out has no others to leave");
    assert_eq!(rows[0]["relative_bias"], Value::Null, "the true gradient is 0");
    assert_eq!(rows[4]["follows"], "KL(ref||theta)");
    assert_eq!(rows[4]["lambda"], Value::Null, "k3 has none");
    assert!(rows[20]["lambda"].is_number(), "{}", rows[20]);
}

#[test]
fn theory_takes_estimators_of_the_table_and_of_the_user() {
    let own = ["mine = clamp(k3, -10, 10)", "plain=k3"];
    let csv =
        printed(&["theory", "--format", "csv", "--estimators", "k3", "--estimator", own[0], "--estimator", own[1]]);
    let own = own.map(|definition| definition.parse::<Estimator>().unwrap());
    let estimators = [vec![Estimator::named("k3").unwrap()], own.into()].concat();
    assert_eq!(csv, export::csv(&theory::rows(&estimators, &Problem::default(), 50_000)).unwrap());
}

#[test]
fn theory_warns_once_and_says_for_which_samples_a_gradient_is_no_number() {
    let words = "theory --format csv --mu-ref 1 --sigma-ref 1 --estimators k2 --estimator";
    let words: Vec<&str> = words.split(' ').chain(["mine = sqrt(D + 1)"]).collect();
    let [rows, warnings] = streams(&words);
    let warning = "klgrad: warning: the gradient of mine is not a number for samples above 1.5 (6.68% of them): it has \
                   neither mean nor variance\n";
    assert_eq!(warnings, warning);
    assert!(rows.contains("\nmine,mu,NaN,none of those known,NaN,NaN,NaN,NaN\n"), "{rows}");
}

/// And as a table, see the report.
#[test]
fn claims_are_csv_and_json() {
    let csv = printed(&["claims", "--format", "csv", "--sigma-ref", "1.5"]);
    assert!(csv.starts_with(
        "claim,statement,parameter,left,right,holds,corrected_statement,corrected_right,corrected_holds,experiment,equal_because\n"
    ));
    assert_eq!(csv.lines().count(), 70);
    assert!(csv.contains(",inf,false,"), "{csv}");

    let json = objects(&["claims", "--sigma-ref", "9"], &["corrected_right"]);
    assert_eq!(json[0]["claim"], "gradient of KL");
    assert_eq!(json[0]["corrected_statement"], Value::Null);
}

#[test]
fn explain_writes_the_page_and_its_figure() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["explain", "--format", "csv", "--output", name(folder.path()), "clamp(k3, -10, 10)"];
    let csv = printed(&words);
    assert_eq!(files(folder.path()), ["explain.csv", "explain.png", "explain.svg"]);
    assert_eq!(fs::read_to_string(folder.path().join("explain.csv")).unwrap(), csv);
    assert!(
        csv.contains(",level,ends,value,") && csv.contains(",token,\"at pi_ref / (1 - (R - lambda)/beta); but only"),
        "{csv}"
    );
    let svg = fs::read_to_string(folder.path().join("explain.svg")).unwrap();
    for text in
        ["clamp(k3, -10, 10) follows KL(ref||theta)", "KL(theta||ref): c = D", "dead: no sample there has a gradient"]
    {
        assert!(svg.contains(text), "{text}");
    }
}

/// What bash proposes for the last of these words, once it has read the script; those of other shells are tested beside it.
fn proposed(script: &str, words: &str) -> Vec<String> {
    let ask = format!(
        "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         _klgrad klgrad \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = printed(&["completions", "bash"]);
    assert_eq!(proposed(&script, "klgrad th"), ["theory"]);
    assert_eq!(proposed(&script, "klgrad sweep --ov"), ["--over"]);
    assert_eq!(proposed(&script, "klgrad claims --format m"), ["markdown"]);
}
