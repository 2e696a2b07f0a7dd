//! The archives that torch.save writes: a pickle, and the numbers of each storage as a member that is not packed.

use super::arrays::{Array, Cells};
use super::files::Entry;
use super::format::{RIGHT, TORCH};
use super::objects::{Item, Object, Objects, Stranger, Tensor};
use super::pickle::{self, Refusal};
use super::rows::read_at;
use super::value::{Kind, LOST, Value};
use super::zipped::{Member, Members};
use super::{LONGEST, source::io_reason};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use zip::CompressionMethod;

/// A longer pickle is not read: its lists could be tensors.
const LONGEST_PICKLE: u64 = 64 << 20;

/// An archive.
#[derive(Debug)]
pub(super) struct Archive {
    pub objects: Objects,
    pub file: File,
    /// Where in the file each storage is, and how many bytes it has.
    storages: HashMap<String, (u64, u64)>,
    /// Whether it is cut short, and some storages are lost.
    pub is_cut: bool,
}

impl Archive {
    /// # Errors
    /// What is wrong with the file, or that its pickle names what is not known.
    pub fn open(entry: &Entry) -> Result<Self, String> {
        check_form(entry)?;
        let Members { all, is_cut } = Members::of(entry, "torch.save")?;
        let mut storages = HashMap::new();
        let mut root = None;
        for member in all {
            if member.method != CompressionMethod::Stored {
                return Err("the archive is packed; what torch.save writes would be right".into());
            }
            match member.name.rsplit_once('/') {
                Some((_, "data.pkl")) => root = Some(member),
                Some((folder, name)) if folder.ends_with("data") => {
                    storages.insert(name.to_owned(), (member.start, member.bytes));
                }
                _ => {}
            }
        }
        let root = root.ok_or("the archive has no pickle; what torch.save writes would be right")?;
        let objects = objects(entry, &root, is_cut)?;
        Ok(Self { objects, file: entry.file()?, storages, is_cut })
    }

    pub fn tensor(&self, item: Item) -> Option<&Tensor> {
        if let Some(Object::Tensor(tensor)) = self.objects.get(item) { Some(tensor) } else { None }
    }

    /// Where the numbers of a tensor lie in the file.
    ///
    /// # Errors
    /// Where they are not one after the other along its last dimension, or beyond its storage.
    pub fn array(&self, key: &str, tensor: &Tensor) -> Result<Array, String> {
        let Tensor { storage, offset, shape, strides } = tensor;
        let number = storage.number.ok_or("holds other than plain numbers")?;
        let size = number.size() as u64;
        let is_dense = shape.last().is_none_or(|length| *length <= 1 || strides.last() == Some(&1));
        if !is_dense {
            return Err("is no view of numbers that follow each other; .contiguous() of it would be right".into());
        }
        let (start, bytes) = *self.storages.get(&storage.name).ok_or(if self.is_cut {
            LOST
        } else {
            "has no storage in the archive"
        })?;
        let reach =
            |(length, stride): (&usize, &usize)| (*length as u128).saturating_sub(1).saturating_mul(*stride as u128);
        let last = shape.iter().zip(strides).map(reach).fold(u128::from(*offset), u128::saturating_add);
        let end = last.saturating_add(1).saturating_mul(size.into());
        let is_empty = shape.contains(&0);
        if !is_empty && end > u128::from(bytes) {
            return Err("is larger than its storage".into());
        }
        let pitch = if let ([_, _], [rows, _]) = (&shape[..], &strides[..]) { Some(*rows) } else { None };
        let start = if is_empty { start } else { start + offset * size };
        Ok(Array { key: key.to_owned(), shape: shape.clone(), cells: Cells::Number(number), start, pitch })
    }
}

/// That it is not in the form of torch before 1.6, which begins with a number of its own.
fn check_form(entry: &Entry) -> Result<(), String> {
    const BEFORE: &[u8] = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    let mut start = Vec::new();
    entry.file()?.take(2 + BEFORE.len() as u64).read_to_end(&mut start).map_err(|error| io_reason(&error))?;
    match start.strip_prefix(b"\x80").and_then(|start| start.get(1..)) {
        Some(BEFORE) => Err("it is in the form of torch before 1.6; what torch.save writes without \
                             _use_new_zipfile_serialization=False would be right"
            .into()),
        _ => Ok(()),
    }
}

/// What the pickle of an archive holds.
fn objects(entry: &Entry, pickle: &Member, is_cut: bool) -> Result<Objects, String> {
    let is_whole = pickle.start.checked_add(pickle.bytes).is_some_and(|end| end <= entry.bytes);
    let bytes = pickle.bytes.min(entry.bytes.saturating_sub(pickle.start));
    if bytes > LONGEST_PICKLE {
        return Err(format!(
            "its pickle has {bytes} bytes, more than {LONGEST_PICKLE}; tensors in place of lists would be right"
        ));
    }
    let mut file = entry.file()?;
    file.seek(SeekFrom::Start(pickle.start)).map_err(|error| io_reason(&error))?;
    pickle::read(BufReader::with_capacity(1 << 16, file.take(bytes))).map_err(|Refusal { reason, names }| match names {
        _ if is_cut && !is_whole => {
            "the file is cut short within its pickle, which says what is where; nothing of it can be read".to_owned()
        }
        Some(Stranger::Class) => format!("{reason}; {RIGHT} {TORCH} {}", entry.name),
        Some(Stranger::Command) => format!(
            "{reason}; no log names that, and whoever opens the file in Python runs it: tensors and lists alone would be right"
        ),
        None => format!("{reason}; what torch.save writes of tensors and lists would be right"),
    })
}

/// A value in an archive.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub archive: &'a Archive,
    pub item: Item,
}

impl Stored<'_> {
    fn list_of_one(&self) -> Option<Self> {
        let list = self.archive.objects.list(self.item)?;
        let item = (list.len() == 1).then(|| list.get(0))??;
        Some(Self { item, ..*self })
    }

    fn tensor(&self, tensor: &Tensor, into: &mut Vec<f64>) -> Result<Kind, String> {
        let array = self.archive.array("", tensor)?;
        let Cells::Number(number) = array.cells else { return Err("holds texts".into()) };
        let lengths = || tensor.shape.iter().zip(&tensor.strides).filter(|(length, _)| **length != 1);
        let count = match (lengths().next(), lengths().nth(1)) {
            (None, _) => 1,
            (Some((length, stride)), None) if *stride == 1 || *length == 0 => *length,
            (Some(_), None) => return Err("is no view of numbers that follow each other".into()),
            _ => return Err("has more than one dimension".into()),
        };
        check_length(count)?;
        let mut bytes = vec![0; count * number.size()];
        read_at(&self.archive.file, &mut bytes, array.start)
            .map_err(|error| format!("cannot be read, as {}", io_reason(&error)))?;
        number.widen(&bytes, into);
        Ok(if array.shape.is_empty() { Kind::One } else { Kind::List })
    }
}

fn check_length(count: usize) -> Result<(), String> {
    if count > LONGEST { Err(format!("has more than {LONGEST} tokens")) } else { Ok(()) }
}

fn number(item: Item) -> Option<f64> {
    match item {
        Item::None => Some(f64::NAN),
        Item::Bool(bool) => Some(f64::from(u8::from(bool))),
        Item::Int(int) => Some(int as f64),
        Item::Float(float) => Some(float),
        Item::Object(_) => None,
    }
}

impl Value for Stored<'_> {
    fn numbers(&self, into: &mut Vec<f64>) -> Result<Kind, String> {
        if let Some(tensor) = self.archive.tensor(self.item) {
            return self.tensor(tensor, into);
        }
        if let Some(number) = number(self.item) {
            into.push(number);
            return Ok(Kind::One);
        }
        if let Some(inner) = self.list_of_one().filter(|inner| matches!(inner.item, Item::Object(_))) {
            return match self.archive.objects.list(inner.item).and_then(|list| list.get(0)) {
                Some(Item::Object(_)) => Err("is a list of lists".into()),
                _ => inner.numbers(into),
            };
        }
        let list = self.archive.objects.list(self.item).ok_or("is no list")?;
        check_length(list.len())?;
        for (place, item) in list.items().enumerate() {
            into.push(number(item).ok_or_else(|| format!("holds other than a number at token {}", place + 1))?);
        }
        Ok(Kind::List)
    }

    fn integer(&self) -> Option<i64> {
        let one = || {
            let mut numbers = Vec::new();
            self.archive.tensor(self.item).filter(|tensor| tensor.shape.iter().all(|length| *length == 1))?;
            self.numbers(&mut numbers).ok()?;
            self.archive.objects.integer(Item::Float(*numbers.first()?))
        };
        let text = || self.archive.objects.text(self.item)?.parse().ok();
        let inner = || self.list_of_one().filter(|inner| number(inner.item).is_some())?.integer();
        self.archive.objects.integer(self.item).or_else(text).or_else(one).or_else(inner)
    }

    fn name(&self) -> Option<Cow<'_, str>> {
        let number = || self.integer().map(|number| Cow::Owned(number.to_string()));
        self.archive.objects.text(self.item).map(Cow::Borrowed).or_else(number)
    }

    fn is_missing(&self) -> bool {
        self.item == Item::None
    }
}
