//! Logs as torch.save writes them: samples in a list, columns in lists of samples, or tensors with a row a sequence.

use super::arrays::{Array, Table};
use super::columns::{Columns, Fields, Slot};
use super::files::Entry;
use super::lines::add;
use super::objects::Item;
use super::safetensors::InFile;
use super::sequence::{name_of, step_of};
use super::source::{Broken, Part, Progress, Source, Worker};
use super::torch::{Archive, Stored};
use super::value::{Kind, Value};
use super::zipped::CUT;
use crate::audit::{Place, Sink, Texts};
use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// So many samples are worked at together.
const TOGETHER: usize = 64;

/// Where the sequences of an archive are.
enum Shape {
    /// Dictionaries of a sequence each, in the order in which they were made: slime and miles, and what rollouts they dump.
    Samples(Vec<Item>),
    /// A dictionary with a list for each column: miles, and slime before its format 2.
    Lists(Item),
    /// Dictionaries of tensors, with rows or of one sequence: OpenRLHF, AReaL.
    Tensors(Vec<Item>),
}

/// Dictionaries within dictionaries are looked into so deep.
const DEEPEST: usize = 6;

/// Where the columns or samples are: for slime the value of `samples` or `rollout_data`, else the outermost dictionary that has
/// columns, or a list of dictionaries.
fn inner(archive: &Archive) -> Item {
    let objects = &archive.objects;
    let root = objects.root;
    if let Some(of_slime) = ["samples", "rollout_data"].into_iter().find_map(|key| objects.entry(root, key)) {
        return of_slime;
    }
    let first = |item: Item| objects.list(item).and_then(|list| list.get(0));
    let is_dict = |item: Item| objects.entries(item).next().is_some();
    let are_samples = |item: &Item| first(*item).is_some_and(is_dict);
    let is_column = |item: Item| archive.tensor(item).is_some() || first(item).is_some() && !are_samples(&item);
    let mut level = vec![root];
    for _ in 0..DEEPEST {
        let values = || level.iter().flat_map(|dict| objects.entries(*dict)).map(|(_, value)| value);
        let has_columns = |dict: &Item| objects.entries(*dict).any(|(_, value)| is_column(value));
        if let Some(found) = level.iter().copied().find(has_columns).or_else(|| values().find(are_samples)) {
            return found;
        }
        let next = values().filter(|value| is_dict(*value)).collect();
        level = next;
    }
    root
}

/// What the archive holds.
fn shape(archive: &Archive) -> Shape {
    let objects = &archive.objects;
    let inner = inner(archive);
    if let Some(list) = objects.list(inner) {
        let items: Vec<Item> = list.items().collect();
        return if items.iter().any(|item| has_rows(archive, *item)) {
            Shape::Tensors(items)
        } else {
            Shape::Samples(in_order(archive, items))
        };
    }
    let is_list_of_lists = |(_, value): (&str, Item)| {
        let first = objects.list(value).and_then(|list| list.get(0));
        first.is_some_and(|first| archive.tensor(first).is_some() || objects.list(first).is_some())
    };
    if objects.entries(inner).any(is_list_of_lists) {
        Shape::Lists(inner)
    } else if has_rows(archive, inner) {
        Shape::Tensors(vec![inner])
    } else {
        Shape::Samples(vec![inner])
    }
}

fn has_rows(archive: &Archive, dict: Item) -> bool {
    archive.objects.entries(dict).any(|(_, value)| archive.tensor(value).is_some_and(|tensor| tensor.shape.len() == 2))
}

/// Samples by their place in the rollout, then by their number.
fn in_order(archive: &Archive, mut samples: Vec<Item>) -> Vec<Item> {
    let place = |sample: &Item| {
        let number = |key| archive.objects.entry(*sample, key).and_then(|item| Stored { archive, item }.integer());
        (number("rollout_position"), number("sample_index"))
    };
    samples.sort_by_key(place);
    samples
}

/// The names of the columns.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    let archive = Archive::open(entry)?;
    let mut keys = Vec::new();
    let dicts = match shape(&archive) {
        Shape::Samples(items) | Shape::Tensors(items) => items,
        Shape::Lists(dict) => vec![dict],
    };
    for dict in dicts.into_iter().take(TOGETHER) {
        archive.objects.entries(dict).for_each(|(key, _)| add(key, &mut keys));
    }
    // What stands beside the samples is for all of them: the step.
    let beside = archive.objects.entries(archive.objects.root).filter(|(_, item)| !matches!(item, Item::Object(_)));
    beside.for_each(|(key, _)| add(key, &mut keys));
    if keys.is_empty() { Err("it has no dictionary of columns".into()) } else { Ok(keys) }
}

/// The parts of an archive.
pub(super) struct Pickled<'a> {
    parts: VecDeque<Box<dyn Part + 'a>>,
    tables: VecDeque<InFile<'a>>,
}

impl<'a> Pickled<'a> {
    /// # Errors
    /// What is wrong with the file.
    pub fn new(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let archive = Arc::new(Archive::open(entry)?);
        let mut pickled = Self { parts: VecDeque::new(), tables: VecDeque::new() };
        if archive.is_cut {
            pickled.parts.push_back(Box::new(Broken::new(Place::file(entry.name.clone()), CUT.into())));
        }
        match shape(&archive) {
            Shape::Samples(samples) => {
                let samples: Arc<[Item]> = samples.into();
                pickled.put_samples(entry, &archive, samples.len(), &|sequences| {
                    Sequences::Samples(samples.clone(), sequences)
                });
            }
            Shape::Lists(dict) => {
                let lengths = archive.objects.entries(dict).filter(|(key, _)| columns.slot(key).is_some());
                let count =
                    lengths.filter_map(|(_, value)| archive.objects.list(value)).map(super::objects::List::len).max();
                pickled
                    .put_samples(entry, &archive, count.unwrap_or(0), &|sequences| Sequences::Lists(dict, sequences));
            }
            Shape::Tensors(dicts) => {
                let bytes = entry.bytes / dicts.len().max(1) as u64;
                for (place, dict) in dicts.into_iter().enumerate() {
                    match table(&archive, dict, (entry, bytes), columns, progress) {
                        Ok(table) => pickled.tables.push_back(table),
                        Err(reason) => {
                            let place = Place::file(entry.name.clone()).at_sequence(place as u64);
                            pickled.parts.push_back(Box::new(Broken::new(place, reason)));
                        }
                    }
                }
                return Ok(pickled);
            }
        }
        progress(entry.bytes);
        Ok(pickled)
    }

    fn put_samples(
        &mut self,
        entry: &'a Entry,
        archive: &Arc<Archive>,
        count: usize,
        part: &dyn Fn(Range<usize>) -> Sequences,
    ) {
        for start in (0..count).step_by(TOGETHER) {
            let sequences = part(start..(start + TOGETHER).min(count));
            self.parts.push_back(Box::new(Samples { entry, archive: archive.clone(), sequences }));
        }
    }
}

/// The table of a dictionary of tensors, for which the progress is told so many bytes.
fn table<'a>(
    archive: &Archive,
    dict: Item,
    (entry, bytes): (&'a Entry, u64),
    columns: &Columns,
    progress: Progress<'a>,
) -> Result<InFile<'a>, String> {
    let used =
        archive.objects.entries(dict).filter(|(key, _)| columns.slot(key).is_some_and(|slot| slot != Slot::Texts));
    let tensors = used.filter_map(|(key, item)| Some((key, archive.tensor(item)?)));
    let arrays = tensors.map(|(key, tensor)| archive.array(key, tensor).map_err(|reason| format!("{key} {reason}")));
    let arrays = arrays.collect::<Result<Vec<Array>, _>>()?;
    let table = Table { bytes, ..Table::new(entry, arrays, columns, progress)? };
    let file = archive.file.try_clone().map_err(|error| super::source::io_reason(&error))?;
    Ok(InFile::new(table, file, entry.bytes))
}

impl<'a> Source<'a> for Pickled<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        if let Some(part) = self.parts.pop_front() {
            return Some(part);
        }
        while let Some(table) = self.tables.front_mut() {
            if let Some(part) = table.next() {
                return Some(part);
            }
            self.tables.pop_front();
        }
        None
    }
}

/// Some sequences of an archive.
enum Sequences {
    Samples(Arc<[Item]>, Range<usize>),
    Lists(Item, Range<usize>),
}

struct Samples<'a> {
    entry: &'a Entry,
    archive: Arc<Archive>,
    sequences: Sequences,
}

impl Part for Samples<'_> {
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let (Sequences::Samples(_, range) | Sequences::Lists(_, range)) = &self.sequences;
        range.clone().try_for_each(|sequence| self.give_sequence(sequence, worker, sink))
    }
}

impl Samples<'_> {
    fn fields(&self, sequence: usize, columns: &Columns) -> Fields<Stored<'_>> {
        let mut fields = Fields::new(columns);
        let objects = &self.archive.objects;
        let mut put = |key: &str, item| {
            if let Some(slot) = columns.slot(key) {
                fields.put(slot, Stored { archive: &self.archive, item });
            }
        };
        objects
            .entries(objects.root)
            .filter(|(_, item)| !matches!(item, Item::Object(_)))
            .for_each(|(key, item)| put(key, item));
        match &self.sequences {
            Sequences::Samples(samples, _) => objects.entries(samples[sequence]).for_each(|(key, item)| put(key, item)),
            Sequences::Lists(dict, _) => {
                for (key, item) in objects.entries(*dict) {
                    match objects.list(item) {
                        Some(list) => list.get(sequence).into_iter().for_each(|item| put(key, item)),
                        None => put(key, item),
                    }
                }
            }
        }
        fields
    }

    fn give_sequence(&self, sequence: usize, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let place = Place::file(self.entry.name.clone()).at_sequence(sequence as u64);
        let fields = self.fields(sequence, worker.columns);
        if let Err(reason) = worker.sequence.fill(worker.columns, &fields) {
            return sink.unreadable(place, reason);
        }
        let name = name_of(fields.sequence.as_ref());
        let texts = fields.texts.map(|texts| self.texts(texts, worker.sequence.length())).unwrap_or_default();
        let texts = if texts.is_empty() { Texts::None } else { Texts::List(&texts) };
        let step = step_of(fields.step.as_ref(), &self.entry.step);
        sink.take(&worker.sequence.record(step, name.as_deref(), texts, place))
    }

    /// The texts of the last tokens, or else their numbers, as many as have log-probabilities: the tokens of slime begin with the
    /// prompt's.
    fn texts(&self, tokens: Stored, length: usize) -> Vec<String> {
        let Some(list) = self.archive.objects.list(tokens.item) else {
            let mut numbers = Vec::new();
            let is_list = matches!(tokens.numbers(&mut numbers), Ok(Kind::List));
            let start = numbers.len().saturating_sub(length);
            return if is_list { numbers[start..].iter().map(f64::to_string).collect() } else { Vec::new() };
        };
        let text = |item| Some(Stored { item, ..tokens }.name()?.into_owned());
        let start = list.len().saturating_sub(length);
        (start..list.len()).filter_map(|place| text(list.get(place)?)).collect()
    }
}
