//! Pairs as JSON: an object of lists of numbers, or of lists of rows of them.

use super::LONGEST;
use super::content::{Array, Content, MAX_LENGTH, check_name, max_length, policies};
use crate::policy::{Problem, Softmax};
use anyhow::{Context, Result, anyhow};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use std::fmt;
use std::io::{Read, Write};

/// Reads the arrays.
///
/// # Errors
/// Says what is wrong, and in which line and column.
pub(super) fn read(mut file: impl Read) -> Result<Content> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).context("cannot be read")?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let (line, column) = place(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]));
        anyhow!("holds bytes at line {line} column {column} that are not UTF-8; JSON in UTF-8 would be right")
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let content = (&mut json).deserialize_map(OfContent).and_then(|content| json.end().map(|()| content));
    content.map_err(|error| explain(&error, text))
}

/// The line and the column of what follows this text.
fn place(before: &str) -> (usize, usize) {
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, last_line.chars().count() + 1)
}

/// The error, or that a logit is infinite or not a number, which Python writes into JSON and JSON has no word for.
fn explain(error: &serde_json::Error, text: &str) -> anyhow::Error {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().as_bytes();
    let is_of_word = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'-';
    let at = error.column().min(line.len());
    let start = line[..at].iter().rposition(|byte| !is_of_word(byte)).map_or(0, |before| before + 1);
    let word = line[start..].split(|byte| !is_of_word(byte)).next().unwrap_or_default();
    match str::from_utf8(word) {
        Ok(logit @ ("NaN" | "Infinity" | "-Infinity")) => anyhow!(
            "holds the logit {logit} at line {} column {}, so that a probability is 0 or undefined and a KL divergence \
             infinite; a finite logit would be right",
            error.line(),
            start + 1
        ),
        _ => anyhow!("{error}"),
    }
}

struct OfContent;

impl<'de> Visitor<'de> for OfContent {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object with the arrays theta and ref")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut content = Content::default();
        while let Some(name) = map.next_key::<String>()? {
            check_name(&name).map_err(A::Error::custom)?;
            let array = if name == MAX_LENGTH {
                Array { shape: vec![], logits: vec![map.next_value_seed(OfMaxLength)?] }
            } else {
                map.next_value_seed(OfArray(&name))?
            };
            content.insert(&name, array).map_err(A::Error::custom)?;
        }
        Ok(content)
    }
}

/// Of the array with this name.
struct OfArray<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for OfArray<'_> {
    type Value = Array;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Array, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OfArray<'_> {
    type Value = Array;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}, a list of numbers or of rows of them", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Array, A::Error> {
        let Self(name) = self;
        let (mut count, mut columns, mut logits) = (0, None, Vec::new());
        while let Some(width) = entries.next_element_seed(Entry { name, logits: &mut logits, is_in_row: false })? {
            let of_first = *columns.get_or_insert(width);
            if width != of_first {
                let [found, first] = [width, of_first].map(described);
                return Err(A::Error::custom(format!(
                    "{name} has {found} at {count} and {first} at 0 (counted from 0); the same would be right"
                )));
            }
            count += 1;
        }
        let shape = [count].into_iter().chain(columns.flatten()).collect();
        Ok(Array { shape, logits })
    }
}

fn described(width: Option<usize>) -> String {
    width.map_or("a number".to_owned(), |width| format!("a row of {width}"))
}

/// A number, or a row of them, in the array with this name; its value is how many the row has.
struct Entry<'a> {
    name: &'a str,
    logits: &'a mut Vec<f64>,
    is_in_row: bool,
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let or_row = if self.is_in_row { "" } else { " or a row of them" };
        write!(formatter, "a finite logit{or_row} in {}", self.name)
    }

    fn visit_f64<E>(self, logit: f64) -> Result<Option<usize>, E> {
        self.logits.push(logit);
        Ok(None)
    }

    fn visit_i64<E: Error>(self, logit: i64) -> Result<Option<usize>, E> {
        self.visit_f64(logit as f64)
    }

    fn visit_u64<E: Error>(self, logit: u64) -> Result<Option<usize>, E> {
        self.visit_f64(logit as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<Option<usize>, A::Error> {
        let Self { name, logits, is_in_row } = self;
        if is_in_row {
            return Err(A::Error::custom(format!("{name} has three dimensions; one or two would be right")));
        }
        let mut width = 0;
        while row.next_element_seed(Entry { name, logits: &mut *logits, is_in_row: true })?.is_some() {
            width += 1;
        }
        Ok(Some(width))
    }
}

struct OfMaxLength;

impl<'de> DeserializeSeed<'de> for OfMaxLength {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_f64(self)
    }
}

impl Visitor<'_> for OfMaxLength {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{MAX_LENGTH}, a whole number from 1 to {LONGEST}")
    }

    fn visit_f64<E>(self, max_length: f64) -> Result<f64, E> {
        Ok(max_length)
    }

    fn visit_i64<E>(self, max_length: i64) -> Result<f64, E> {
        Ok(max_length as f64)
    }

    fn visit_u64<E>(self, max_length: u64) -> Result<f64, E> {
        Ok(max_length as f64)
    }
}

/// Writes the arrays, each number as the shortest decimal that reads back the same.
///
/// # Errors
/// What the writer reports.
pub(super) fn write(problem: &Problem<Softmax>, writer: &mut dyn Write) -> Result<()> {
    let mut json = serde_json::Serializer::new(&mut *writer);
    let mut map = json.serialize_map(None)?;
    for (name, policy) in policies(problem) {
        let logits = policy.logits();
        match policy.is_sequence() {
            true => map.serialize_entry(name, &logits.chunks(policy.vocabulary()).collect::<Vec<_>>())?,
            false => map.serialize_entry(name, logits)?,
        }
    }
    if let Some(max_length) = max_length(problem) {
        map.serialize_entry(MAX_LENGTH, &max_length)?;
    }
    map.end()?;
    Ok(writer.write_all(b"\n")?)
}
