//! The parts of a JSON text that a log needs, without the rest: a value is only found where it ends, and of lists of numbers
//! the numbers are read. What Python writes beyond JSON is read too: NaN, Infinity and -Infinity.

use super::value::{Kind, Value};
use super::{LONGEST, triples};
use memchr::{memchr2, memchr3};
use std::borrow::Cow;

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends too early.
    Cut,
    /// It is something else.
    Wrong,
}

/// The text of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Json<'a>(pub &'a str);

/// What of a text is still to be read.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn byte(&self) -> Result<u8, Fault> {
        self.text.as_bytes().get(self.at).copied().ok_or(Fault::Cut)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, Fault> {
        while matches!(self.byte()?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.byte()
    }

    /// Passes over this byte, and white space before it.
    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek()? != byte {
            return Err(Fault::Wrong);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over this byte if it is the next one.
    fn passes(&mut self, byte: u8) -> Result<bool, Fault> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// The text of the next value.
    fn value(&mut self) -> Result<&'a str, Fault> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.skip_string()?,
            b'[' => self.skip_nested(b'[', b']')?,
            b'{' => self.skip_nested(b'{', b'}')?,
            _ => self.skip_word(),
        }
        if self.at == start { Err(Fault::Wrong) } else { Ok(&self.text[start..self.at]) }
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).ok_or(Fault::Cut)?;
            let found = memchr2(b'"', b'\\', rest).ok_or(Fault::Cut)?;
            let is_end = rest[found] == b'"';
            self.at += found + if is_end { 1 } else { 2 };
            if is_end {
                return Ok(());
            }
        }
    }

    /// Passes over what lies between two brackets. Those of the other kind within it are not looked at.
    fn skip_nested(&mut self, open: u8, close: u8) -> Result<(), Fault> {
        let mut depth = 0_usize;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            self.at += memchr3(b'"', open, close, rest).ok_or(Fault::Cut)?;
            match self.byte()? {
                b'"' => self.skip_string()?,
                byte => {
                    self.at += 1;
                    depth = if byte == open { depth + 1 } else { depth - 1 };
                    if depth == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Passes over a number, or a word such as null.
    fn skip_word(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(rest.len());
    }

    /// That nothing follows but white space.
    fn end(&mut self) -> Result<(), Fault> {
        if self.text[self.at..].trim_ascii().is_empty() { Ok(()) } else { Err(Fault::Wrong) }
    }
}

/// Which bytes numbers and words have: a table, as nearly every byte of a log is asked for.
const OF_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let ascii = byte as u8;
        table[byte] = ascii.is_ascii_alphanumeric() || matches!(ascii, b'-' | b'+' | b'.');
        byte += 1;
    }
    table
};

fn is_of_word(byte: u8) -> bool {
    OF_WORD[usize::from(byte)]
}

/// Visits the fields of an object; of the values nothing is checked but where they end.
///
/// # Errors
/// Where the text is no whole object. Fields before the fault were visited.
pub(super) fn fields<'a>(text: &'a str, mut visit: impl FnMut(&str, Json<'a>)) -> Result<(), Fault> {
    let mut rest = Rest { text, at: 0 };
    rest.expect(b'{')?;
    if !rest.passes(b'}')? {
        loop {
            rest.peek()?;
            let key = string(rest.value()?).ok_or(Fault::Wrong)?;
            rest.expect(b':')?;
            visit(&key, Json(rest.value()?));
            if !rest.passes(b',')? {
                break rest.expect(b'}')?;
            }
        }
    }
    rest.end()
}

/// Visits the values of a list, until a visit says that it is enough.
///
/// # Errors
/// Where the text is no whole list. Values before the fault were visited.
pub(super) fn items<'a>(text: &'a str, mut visit: impl FnMut(&'a str) -> bool) -> Result<(), Fault> {
    let mut rest = Rest { text, at: 0 };
    rest.expect(b'[')?;
    if !rest.passes(b']')? {
        loop {
            if !visit(rest.value()?) {
                return Ok(());
            }
            if !rest.passes(b',')? {
                break rest.expect(b']')?;
            }
        }
    }
    rest.end()
}

/// The list that an object has under this key; of one that is cut short what is there.
pub(super) fn list_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = Rest { text, at: 0 };
    rest.expect(b'{').ok()?;
    loop {
        rest.peek().ok()?;
        let is_asked = string(rest.value().ok()?)? == key;
        rest.expect(b':').ok()?;
        rest.peek().ok()?;
        let start = rest.at;
        let value = rest.value();
        if is_asked {
            return Some(value.unwrap_or(&text[start..])).filter(|value| value.starts_with('['));
        }
        value.ok()?;
        if !rest.passes(b',').ok()? {
            return None;
        }
    }
}

/// The text of a string; none where the value is none.
fn string(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(value).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// What a list of one holds, or the value itself.
fn unwrapped(value: &str) -> &str {
    let inner = || {
        let mut rest = Rest { text: value.strip_prefix('[')?.strip_suffix(']')?, at: 0 };
        let inner = rest.value().ok()?;
        rest.end().is_ok().then_some(inner)
    };
    inner().unwrap_or(value)
}

impl Value for Json<'_> {
    fn numbers(&self, into: &mut Vec<f64>) -> Result<Kind, String> {
        let mut rest = Rest { text: self.0, at: 0 };
        if !self.0.starts_with('[') {
            into.push(number(self.0).ok_or_else(|| format!("is {}", shown(self.0)))?);
            return Ok(Kind::One);
        }
        let inner = self.0[1..].trim_ascii_start();
        if inner.starts_with('[') {
            if let Some(read) = triples::numbers(self.0, into) {
                return read.map(|()| Kind::List);
            }
            rest = Rest { text: unwrapped(self.0), at: 0 };
            if rest.text.len() == self.0.len() || rest.text[1..].trim_ascii_start().starts_with('[') {
                return Err("is a list of lists".into());
            }
        }
        list(&mut rest, into)?;
        Ok(Kind::List)
    }

    fn integer(&self) -> Option<i64> {
        let value = unwrapped(self.0);
        let text = string(value).unwrap_or(Cow::Borrowed(value));
        let whole = || text.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
        text.parse().ok().or_else(|| whole().map(|number| number as i64))
    }

    fn name(&self) -> Option<Cow<'_, str>> {
        let value = unwrapped(self.0);
        let is_word = || value.bytes().all(is_of_word) && value != "null";
        string(value).or_else(|| is_word().then_some(Cow::Borrowed(value)))
    }

    fn is_missing(&self) -> bool {
        unwrapped(self.0) == "null"
    }
}

fn list(rest: &mut Rest, into: &mut Vec<f64>) -> Result<(), String> {
    let cut = |_| "is no list of numbers".to_owned();
    rest.expect(b'[').map_err(cut)?;
    if rest.passes(b']').map_err(cut)? {
        return Ok(());
    }
    loop {
        rest.peek().map_err(cut)?;
        let start = rest.at;
        rest.skip_word();
        let word = &rest.text[start..rest.at];
        let Some(number) = number(word) else {
            return Err(format!("holds {} at token {}", rest_of(rest, start), into.len() + 1));
        };
        if into.len() == LONGEST {
            return Err(format!("has more than {LONGEST} tokens"));
        }
        into.push(number);
        if !rest.passes(b',').map_err(cut)? {
            return rest.expect(b']').map_err(cut);
        }
    }
}

/// The value that starts there, as an error shows it.
fn rest_of(rest: &Rest, start: usize) -> String {
    let mut rest = Rest { text: rest.text, at: start };
    rest.value().map_or_else(|_| "what is no number".to_owned(), shown)
}

/// A value as an error shows it.
fn shown(value: &str) -> String {
    match value.as_bytes().first() {
        Some(b'"') => "a string".to_owned(),
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        _ => value.chars().take(40).collect(),
    }
}

/// What is missing is not a number; a truth value is 0 or 1.
pub(super) fn number(word: &str) -> Option<f64> {
    match word.as_bytes() {
        // What masks are full of.
        [digit @ b'0'..=b'9'] | [digit @ b'0'..=b'9', b'.', b'0'] => Some(f64::from(digit - b'0')),
        [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => word.parse().ok(),
        b"null" | b"NaN" => Some(f64::NAN),
        b"true" => Some(1.0),
        b"false" => Some(0.0),
        b"Infinity" => Some(f64::INFINITY),
        b"-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}
