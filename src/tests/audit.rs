//! `klgrad audit`.

use super::printed::{self, files};
use super::refusal;
use crate::cli::Cli;
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

/// A run of 48 sequences in four steps.
const RUN: &str = "tests/golden/audit/run.jsonl";

/// A file with these lines of the run.
fn part(folder: &Path, name: &str, lines: std::ops::Range<usize>) -> PathBuf {
    let run = fs::read_to_string(RUN).unwrap();
    let place = folder.join(name);
    fs::write(&place, run.split_inclusive('\n').skip(lines.start).take(lines.len()).collect::<String>()).unwrap();
    place
}

/// What it prints on standard output; the arguments have blanks between them.
fn printed(args: &str) -> String {
    let [stdout, _] = printed::streams(&args.split_whitespace().collect::<Vec<_>>());
    stdout
}

/// The same with its files in a folder.
fn printed_into(folder: &Path, args: &str) -> String {
    printed(&format!("{args} --output {}", folder.display()))
}

/// Why a call fails that is not wrong.
fn failure(args: &str) -> String {
    let call = ["klgrad"].into_iter().chain(args.split_whitespace());
    let error = crate::obey(Cli::try_parse_from(call).unwrap().command).expect_err(args);
    assert!(!crate::is_wrong_call(&error), "{args}: {error:#}");
    format!("{error:#}")
}

#[test]
fn it_writes_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let said = printed_into(folder.path(), &format!("audit {RUN}"));
    assert!(said.starts_with("1,188 tokens in 48 sequences of 4 steps; 1,116 tokens outside of the mask\n"), "{said}");
    let figures =
        ["kl", "log_ratios", "positions", "sampler"].map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    let others = ["audit.json", "report.html", "steps.csv", "tokens.csv"].map(str::to_owned);
    let mut expected = [figures.concat(), others.to_vec()].concat();
    expected.sort();
    assert_eq!(files(folder.path()), expected);
    let json = fs::read_to_string(folder.path().join("audit.json")).unwrap();
    assert_eq!(printed(&format!("audit {RUN} --format json --threads 3")), json, "on any number of threads");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["schema"], &json["columns"]["ref"]), (&"klgrad.audit.1".into(), &"ref_log_prob".into()));
    let lines = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap().lines().count();
    assert_eq!((lines("steps.csv"), lines("tokens.csv")), (1 + 4, 1 + 1000));
}

#[test]
fn figures_without_numbers_do_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    printed_into(folder.path(), &format!("audit {RUN} --quiet"));
    assert!(folder.path().join("sampler.png").exists());
    let log = folder.path().join("log.jsonl");
    fs::write(&log, r#"{"old_logp": [-1.0, -2.0], "ref_logp": [-1.5, -2.1]}"#).unwrap();
    printed_into(folder.path(), &format!("audit {} --quiet", log.display()));
    assert!(!folder.path().join("sampler.png").exists(), "there is no sampler");
    assert!(folder.path().join("log_ratios.png").exists());
}

#[test]
fn shares_that_are_merged_are_the_audit_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let parts = [part(folder.path(), "a.jsonl", 0..20), part(folder.path(), "b.jsonl", 20..48)];
    let [a, b] = parts.each_ref().map(|part| part.display().to_string());
    let shares = ["one", "two"].map(|name| folder.path().join(name));
    for (share, log) in shares.iter().zip([&b, &a]) {
        printed_into(share, &format!("audit {log} --quiet"));
    }
    let [one, two] = shares.map(|share| share.join("audit.json").display().to_string());
    let whole = printed(&format!("audit {a} {b} --format json"));
    assert_eq!(printed(&format!("audit --merge {one} {two} --format json")), whole);
    assert_eq!(printed(&format!("audit --merge {one} {two} {one} {two} --format json")), whole, "each counts once");
    let other = folder.path().join("other");
    printed_into(&other, &format!("audit {a} --estimators k2 --quiet"));
    let refused = failure(&format!("audit --merge {one} {}/audit.json", other.display()));
    assert!(
        refused.contains("are of different audits: the losses are k1, k2, k3, k3_clamped in one and k2"),
        "{refused}"
    );
    assert!(failure(&format!("audit --merge {a}")).contains("a.jsonl is no audit; the audit.json that"), "{refused}");
    let changed = folder.path().join("changed.json");
    let of_one = fs::read_to_string(&one).unwrap();
    let losses = of_one.rfind("\"losses\":[").unwrap() + "\"losses\":[".len();
    let end = losses + of_one[losses..].find(']').unwrap();
    fs::write(&changed, [&of_one[..losses], &of_one[end..]].concat()).unwrap();
    let refused = failure(&format!("audit --merge {}", changed.display()));
    assert!(refused.contains("changed.json"), "{refused}");
}

#[test]
fn the_columns_of_all_files_count_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let bare = write("step_1.jsonl", r#"{"old_logp": [-1.0, -40.0], "ref_logp": [-1.5, -1.0]}"#);
    let masked = write("step_2.jsonl", r#"{"old_logp": [-1.0, -40.0], "ref_logp": [-1.5, -1.0], "mask": [1, 0]}"#);
    write("config.json", r#"{"lr": 1e-6, "step": 3}"#);
    for files in [format!("{bare} {masked}"), format!("{masked} {bare}"), folder.path().display().to_string()] {
        let said: serde_json::Value = serde_json::from_str(&printed(&format!("audit {files} --format json"))).unwrap();
        assert_eq!((&said["all"]["tokens"], &said["problems"][0]["count"]), (&1.into(), &1.into()), "{files}");
        assert_eq!(said["problems"][0]["first"]["line"], 1, "counted from 1");
        let text = said["problems"][0]["text"].as_str().unwrap();
        assert_eq!(text, "1 part left out: the mask mask is missing.");
    }
    let without = printed(&format!("audit {bare} {masked} --mask none --format json"));
    assert!(without.contains("\"tokens\": 4"), "{without}");
}

#[test]
fn a_column_of_zeros_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    fs::write(&log, r#"{"old_logp": [-1.0, -2.0], "rollout_logp": [-1.1, -2.2], "ref_logp": [0.0, 0.0]}"#).unwrap();
    let refused = failure(&format!("audit {}", log.display()));
    assert!(refused.contains("ref is exactly 0") && refused.ends_with("--ref none goes on without ref"), "{refused}");
    let said: serde_json::Value =
        serde_json::from_str(&printed(&format!("audit {} --ref none --format json", log.display()))).unwrap();
    assert!(said["all"]["kl"].is_null() && said["all"]["sampler"]["k3"].is_number(), "{said}");
}

#[test]
fn what_cannot_be_used_is_said_or_strictly_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = part(folder.path(), "run.jsonl", 0..3);
    let run = fs::read_to_string(&place).unwrap();
    fs::write(&place, format!("{run}{{\"step\": 0, \n{run}")).unwrap();
    let name = place.display();
    let said = printed(&format!("audit {name}"));
    assert!(said.contains("1 part left out: ") && said.contains("run.jsonl, line 4"), "{said}");
    let refused = failure(&format!("audit {name} --strict"));
    assert!(refused.contains("run.jsonl, line 4: "), "{refused}");
    fs::write(&place, r#"{"old_logp": [0.5, 0.7, 0.9], "ref_logp": [0.4, 0.5, 0.6]}"#).unwrap();
    let refused = failure(&format!("audit {name}"));
    assert!(refused.contains("no token can be used; first, ") && refused.contains("old is positive"), "{refused}");
    fs::write(&place, r#"{"old_logp": [-0.5], "ref_logp": [-0.5], "mask": [0]}"#).unwrap();
    assert_eq!(failure(&format!("audit {name}")), "no token counts: there is none, or the mask leaves none");
}

#[test]
fn losses_may_be_options_of_frameworks_and_ones_own() {
    let said = printed(&format!("audit {RUN} --estimators k2,trl:kl_estimator=k3,mine --estimator mine=clamp(k2,0,1)"));
    for loss in ["│ k2 ", "│ trl:PPOConfig.kl_estimator=k3 ", "│ mine "] {
        assert!(said.contains(loss), "{loss}: {said}");
    }
}

#[test]
fn wrong_calls_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let place = folder.path().join(name);
        fs::write(&place, text).unwrap();
        place.display().to_string()
    };
    let alone = write("alone.jsonl", r#"{"ref_logp": [-1.0]}"#);
    let ambiguous = write("ambiguous.jsonl", r#"{"logprobs": [-1.0], "x": 1}"#);
    let pickle = write("dump.pkl", "");
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().display();
    for (args, words) in [
        (format!("{RUN} --estimators k2_lambda"), "k2_lambda subtracts a baseline over a batch"),
        (format!("{RUN} --estimators kl_full"), "kl_full sums over the whole vocabulary"),
        (format!("{RUN} --estimators k4"), "'k4', which is unknown"),
        (format!("{RUN} --estimators k2,k2"), "k2 twice"),
        (format!("{RUN} --estimators trl:kl_estimator=k9"), "did you mean k1 or k3?"),
        (format!("{RUN} --ref nokey"), "--ref nokey: there is no such column"),
        (format!("{RUN} --ref none --rollout none"), "the only log-probabilities are old_log_probs, taken for old"),
        (format!("{RUN} --framework verll"), "verl"),
        (format!("{RUN} --merge --strict"), "--strict"),
        (format!("{RUN} --threads 0"), "1 to 1024"),
        (alone, "a second column, by --policy KEY or --old KEY or --rollout KEY, would be right"),
        (ambiguous, "--old logprobs, --rollout logprobs or --framework NAME would be right"),
        (pickle, "is a pickle of a framework's own classes"),
        (format!("{empty}"), "is an empty folder"),
        (format!("{empty}/none.jsonl"), "cannot be read"),
    ] {
        let message = refusal(&format!("audit {args}"), &folder.path().join("new"));
        assert!(message.contains(words), "{args}: {message}");
    }
}

/// A log of 2,000 tokens, of which the old policy is sure of every other; the columns are the reference and the rollout.
fn half_sure(folder: &Path, [reference, rollout]: [f64; 2]) -> String {
    let place = folder.join("half_sure.jsonl");
    let old: Vec<f64> =
        (0..100).map(|token| if token % 2 == 0 { -0.001 } else { -1.0 - 0.01 * f64::from(token) }).collect();
    let times = |factor: f64| old.iter().map(|log_prob| factor * log_prob).collect::<Vec<_>>();
    let line = serde_json::json!({"old_logp": old, "ref_logp": times(reference), "rollout_logp": times(rollout)});
    fs::write(&place, format!("{line}\n").repeat(20)).unwrap();
    place.display().to_string()
}

#[test]
fn a_reference_of_zeros_is_refused_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let log = half_sure(folder.path(), [0.0, 1.01]);
    let refused = failure(&format!("audit {log} --quiet"));
    assert!(refused.contains("line 1, token 2: ref is exactly 0 at 2000 of 2000 tokens"), "{refused}");
    assert!(refused.ends_with("--ref none goes on without ref"), "{refused}");
    assert!(printed(&format!("audit {log} --ref none")).contains("2,000 tokens in 20 sequences"));
}

#[test]
fn a_rollout_of_zeros_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = half_sure(folder.path(), [1.01, 0.0]);
    let said = printed(&format!("audit {log} --format json"));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["all"]["tokens"], &said["sampler_role"]), (&2000.into(), &"old".into()));
    let problem = &said["problems"][0];
    assert_eq!((&problem["kind"], &problem["first"]["token"]), (&"zero_filled".into(), &2.into()));
    let text =
        "The column of rollout is left out: it is exactly 0 throughout, as where it was not computed (2000 tokens).";
    assert_eq!(problem["text"], text);
    let both = failure(&format!("audit {} --quiet", half_sure(folder.path(), [0.0, 0.0])));
    assert!(both.contains("ref is exactly 0") && both.ends_with("--ref none goes on without ref"), "{both}");
}

#[test]
fn a_sequence_whose_rows_are_apart_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.csv");
    let rows = ["1,a", "1,b", "1,a", "2,a", "2,b", "1,b"].map(|name| format!("{name},-1.5,-1.4\n")).concat();
    fs::write(&log, format!("step,sequence,old_logp,ref_logp\n{rows}")).unwrap();
    let said = printed(&format!("audit {} --format json", log.display()));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let problem = said["problems"].as_array().unwrap().iter().find(|problem| problem["kind"] == "split").unwrap();
    assert_eq!((&problem["count"], &problem["first"]["line"]), (&2.into(), &4.into()));
    assert!(
        problem["text"]
            .as_str()
            .unwrap()
            .starts_with("2 sequences come again after another one of the table: each part")
    );
}
