//! Sums up what a thread reads.

use super::kept::Kept;
use super::place::Place;
use super::problem::Kind;
use super::record::{Record, Sink};
use super::seen::Seen;
use super::summary::{Settings, Summary};
use std::ops::ControlFlow;
use std::sync::Mutex;

/// With so many tokens, or steps, a thread adds what it has to the summary that all share.
const MANY_TOKENS: u64 = 1 << 20;
const MANY_STEPS: usize = 16;

/// Reads into a summary of its own, which is added to a shared one from time to time.
#[derive(Debug)]
pub struct Worker<'a> {
    shared: &'a Mutex<Summary>,
    own: Summary,
    kept: Kept,
    seen: Seen,
    tokens: u64,
    is_strict: bool,
}

impl<'a> Worker<'a> {
    /// One that adds to this summary; a strict one breaks at the first that cannot be used.
    pub fn new(shared: &'a Mutex<Summary>, settings: &Settings, is_strict: bool) -> Self {
        Self {
            shared,
            own: Summary::new(settings.clone()),
            kept: Kept::default(),
            seen: Seen::new(&settings.losses, settings.roles),
            tokens: 0,
            is_strict,
        }
    }

    /// Adds what is left to the shared summary.
    pub fn finish(mut self) {
        self.hand_over();
    }

    fn hand_over(&mut self) {
        // A thread that panicked has ended the process.
        let mut shared = self.shared.lock().expect("no thread panics");
        let own = std::mem::replace(&mut self.own, shared.successor());
        shared.merge(own).expect("all threads have the same settings");
        self.tokens = 0;
    }

    fn note_faults(&mut self, record: &Record) -> ControlFlow<()> {
        let mut faults = std::mem::take(&mut self.kept.faults);
        for &(token, role, kind) in &faults {
            let place = record.place.clone().at_token(token as usize);
            self.own.note(kind, Some(role), 1, place, "");
        }
        let has_some = !faults.is_empty();
        faults.clear();
        self.kept.faults = faults;
        self.go_on_after(has_some)
    }

    fn go_on_after(&self, fault: bool) -> ControlFlow<()> {
        if fault && self.is_strict { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Sink for Worker<'_> {
    fn take(&mut self, record: &Record) -> ControlFlow<()> {
        let roles = self.own.settings.roles;
        if let Err((kind, role)) = self.kept.fill(record, roles) {
            self.own.note(kind, Some(role), 1, record.place.clone(), "");
            return self.go_on_after(true);
        }
        self.own.zeros.add(&self.kept);
        // An end token of which all policies are sure is one.
        if self.kept.padding > 1 {
            let first = self.kept.len() + self.kept.faults.len() - self.kept.padding;
            let place = record.place.clone().at_token(first);
            self.own.note(Kind::Padding, None, self.kept.padding as u64, place, "");
        }
        self.own.mask_out(&record.step, self.kept.masked_out);
        let has_faults = !self.kept.faults.is_empty();
        self.note_faults(record)?;
        if self.kept.len() == 0 {
            if !has_faults {
                self.own.note(Kind::FullyMasked, None, 1, record.place.clone(), "");
            }
            return ControlFlow::Continue(());
        }
        self.seen.fill(&self.kept);
        self.own.add(record, &self.kept, &self.seen);
        self.tokens += self.kept.len() as u64;
        if self.tokens > MANY_TOKENS || self.own.steps() > MANY_STEPS {
            self.hand_over();
        }
        ControlFlow::Continue(())
    }

    fn unreadable(&mut self, place: Place, reason: String) -> ControlFlow<()> {
        self.own.note(Kind::Unreadable, None, 1, place, &reason);
        self.go_on_after(true)
    }

    fn odd(&mut self, kind: Kind, place: Place) {
        self.own.note(kind, None, 1, place, "");
    }
}
