//! Audits of sequences that are held in memory.

mod field;
mod golden;
mod merging;
mod remarks;
mod traps;

use super::{Audit, Loss, Place, Record, Role, Roles, Settings, Sink, Step, Summary, Texts, Worker};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// A sequence: a column for each role, a mask, and a step.
#[derive(Clone, Debug, Default)]
struct Sequence {
    columns: Vec<(Role, Vec<f64>)>,
    mask: Option<Vec<bool>>,
    step: i64,
}

impl Sequence {
    fn new(columns: &[(Role, &[f64])]) -> Self {
        let columns = columns.iter().map(|(role, column)| (*role, column.to_vec())).collect();
        Self { columns, ..Self::default() }
    }

    fn masked(self, mask: &[u8]) -> Self {
        Self { mask: Some(mask.iter().map(|&counts| counts == 1).collect()), ..self }
    }

    fn at_step(self, step: i64) -> Self {
        Self { step, ..self }
    }

    fn hand_to(&self, place: u64, worker: &mut Worker) -> ControlFlow<()> {
        let column = |role| self.columns.iter().find(|(of, _)| *of == role).map(|(_, column)| column.as_slice());
        worker.take(&Record {
            log_probs: Role::ALL.map(column),
            mask: self.mask.as_deref(),
            step: Step::Number(self.step),
            name: None,
            texts: Texts::None,
            place: Place::file("file.jsonl".to_owned()).at_line(place),
        })
    }
}

fn settings(sequences: &[Sequence], losses: Vec<Loss>) -> Settings {
    let has = |role| sequences.iter().any(|sequence| sequence.columns.iter().any(|(of, _)| *of == role));
    let roles = Roles::new(Role::ALL.map(has));
    let mut columns: BTreeMap<String, String> = roles.iter().map(|role| (role.to_string(), role.to_string())).collect();
    columns.insert("mask".to_owned(), "mask".to_owned());
    Settings { columns, roles, losses }
}

/// The summary of these, which stand in a file from a line on.
fn summary_from(first: u64, sequences: &[Sequence], settings: &Settings) -> Summary {
    let shared = Mutex::new(Summary::new(settings.clone()));
    let mut worker = Worker::new(&shared, settings, false);
    for (place, sequence) in (first..).zip(sequences) {
        assert!(sequence.hand_to(place, &mut worker).is_continue());
    }
    worker.finish();
    let mut summary = shared.into_inner().unwrap();
    summary.tidy();
    summary
}

fn summary(sequences: &[Sequence], losses: Vec<Loss>) -> Summary {
    summary_from(0, sequences, &settings(sequences, losses))
}

fn audit(sequences: &[Sequence]) -> Audit {
    summary(sequences, Loss::defaults()).audit().expect("a token counts")
}

fn loss(definition: &str) -> Loss {
    Loss::of(&definition.parse().unwrap()).unwrap()
}

/// To the digits that are given, of which the last may be rounded.
fn close(found: impl Into<Option<f64>>, expected: f64, digits: i32) {
    let found = found.into().expect("there is a number");
    let relative = if expected == 0.0 { found.abs() } else { (found / expected - 1.0).abs() };
    assert!(relative < 10f64.powi(-digits), "{found}, not {expected}");
}
