//! Files in parts: one thread after the other takes the next part, and all of them work at theirs.

use super::columns::Columns;
use super::rows::Memory;
use super::sequence::Sequence;
use crate::audit::{Place, Sink};
use std::io;
use std::ops::ControlFlow;

/// Is told how many more bytes were read.
pub(super) type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// A file that hands out its parts.
pub(super) trait Source<'a>: Send {
    /// The next part; none at the end.
    fn next(&mut self) -> Option<Box<dyn Part + 'a>>;
}

/// A part of a file.
pub(super) trait Part: Send {
    /// Gives the sink its sequences, and what of it cannot be read.
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()>;
}

/// What a thread works with, in memory that the next part uses again.
pub(super) struct Worker<'a> {
    pub columns: &'a Columns,
    pub sequence: Sequence,
    pub memory: Memory,
}

impl<'a> Worker<'a> {
    pub fn new(columns: &'a Columns) -> Self {
        Self { columns, sequence: Sequence::default(), memory: Memory::default() }
    }
}

/// A part that cannot be read.
#[derive(Debug)]
pub(super) struct Broken {
    pub place: Place,
    pub reason: String,
}

impl Broken {
    pub fn new(place: Place, reason: String) -> Self {
        Self { place, reason }
    }
}

impl Part for Broken {
    fn give(&self, _: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        sink.unreadable(self.place.clone(), self.reason.clone())
    }
}

/// A file that is one part.
pub(super) struct Whole<P>(pub Option<P>);

impl<'a, P: Part + 'a> Source<'a> for Whole<P> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        self.0.take().map(|part| Box::new(part) as Box<dyn Part>)
    }
}

/// Why a file cannot be read on.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the file is cut short".into(),
        _ => format!("the file cannot be read: {error}"),
    }
}
