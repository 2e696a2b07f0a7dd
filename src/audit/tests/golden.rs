//! The same numbers as an independent program in Python has: see `tests/golden/audit/make.py`.

use super::super::read::{Choice, Columns, Files, read};
use super::super::{Audit, Loss, Role, Roles, Settings, Summary, Worker};
use super::loss;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

fn losses() -> Vec<Loss> {
    [Loss::defaults(), vec![loss("to_go = sg(after(k3)) * rho"), loss("whole = sum(D)^2 / 2")]].concat()
}

/// What an audit of these files says, read by so many threads.
fn audit_of(paths: &[PathBuf], threads: usize) -> (Audit, Summary) {
    let files = Files::find(paths).unwrap();
    let columns = Columns::choose(&files, &Choice::default()).unwrap();
    let roles = Roles::new(Role::ALL.map(|role| columns.key(role).is_some()));
    let settings = Settings { columns: columns.taken(), roles, losses: losses() };
    let shared = Mutex::new(Summary::new(settings.clone()));
    let workers = (0..threads).map(|_| Worker::new(&shared, &settings, false)).collect();
    read(&files, &columns, workers, &|_| {}).into_iter().for_each(Worker::finish);
    let mut summary = shared.into_inner().unwrap();
    summary.tidy();
    (summary.audit().unwrap(), summary)
}

fn run() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/audit/run.jsonl")
}

/// Every number that is expected, at its place.
fn compare(found: &Value, expected: &Value, place: &str) {
    match expected {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| compare(&found[key], value, &format!("{place}.{key}")))
        }
        Value::Array(items) => {
            assert_eq!(found.as_array().map(Vec::len), Some(items.len()), "{place}");
            items.iter().enumerate().for_each(|(at, value)| compare(&found[at], value, &format!("{place}[{at}]")));
        }
        Value::Number(number) => {
            let (number, found) = (number.as_f64().unwrap(), found.as_f64());
            let found = found.unwrap_or_else(|| panic!("{place}: nothing, not {number}"));
            // Differences of numbers near 1 that are left in D are known to 1e-16, and nothing here is a thousand times smaller.
            assert!((found - number).abs() <= 1e-9 * number.abs() + 1e-13, "{place}: {found}, not {number}");
        }
        other => assert_eq!(found, other, "{place}"),
    }
}

#[test]
fn every_statistic_is_that_of_numpy_and_arviz() {
    let expected: Value = serde_json::from_str(include_str!("../../../tests/golden/audit/expected.json")).unwrap();
    let (audit, _) = audit_of(&[run()], 1);
    compare(&serde_json::to_value(&audit).unwrap(), &expected, "audit");
}

#[test]
fn threads_and_files_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = std::fs::read_to_string(run()).unwrap().lines().map(str::to_owned).collect();
    let write = |name: &str, lines: &[String]| {
        let place = folder.path().join(name);
        std::fs::write(&place, lines.join("\n")).unwrap();
        place
    };
    let whole = write("run.jsonl", &lines);
    let parts = [write("a.jsonl", &lines[30..]), write("b.jsonl", &lines[..7]), write("c.jsonl", &lines[7..30])];
    let text = |audit: &Audit| serde_json::to_string(audit).unwrap();
    let (one, summary) = audit_of(std::slice::from_ref(&whole), 1);
    let (many, _) = audit_of(&[whole], 7);
    assert_eq!(text(&one), text(&many));
    let (spread, _) = audit_of(&parts, 3);
    assert_eq!(text(&one), text(&spread));
    let mut merged = audit_of(&parts[..1], 1).1;
    merged.merge(audit_of(&parts[1..], 2).1).unwrap();
    merged.tidy();
    assert_eq!(text(&one), text(&merged.audit().unwrap()));
    assert_eq!(summary.tokens(), merged.tokens());
}
