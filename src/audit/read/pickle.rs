//! The part of Python's pickle language in which torch.save writes dictionaries, lists, numbers, texts and tensors.
//!
//! A pickle is a program for a machine with a stack. Of what it may call, only that is known here which makes tensors and
//! ordered dictionaries, and that is not called but understood; whatever else a pickle names is refused, or is a value that is
//! never looked at. So no code of a pickle is ever run.

use super::objects::{Item, List, Object, Objects, Stranger};
use super::stack::{BROKEN, Stack};
use std::io::{self, Read};

/// Why a pickle is not read.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub reason: String,
    /// What it names, where that is why.
    pub names: Option<Stranger>,
}

/// Runs a pickle.
///
/// # Errors
/// What it names that is not known, or what is wrong with it.
pub(super) fn read(reader: impl Read) -> Result<Objects, Refusal> {
    let mut machine = Machine { reader, stack: Stack::default() };
    loop {
        match machine.step() {
            Ok(true) => {}
            Ok(false) => return machine.stack.end().map_err(|reason| Refusal { reason, names: None }),
            Err(reason) => return Err(Refusal { reason, names: machine.stack.refused }),
        }
    }
}

struct Machine<R> {
    reader: R,
    stack: Stack,
}

impl<R: Read> Machine<R> {
    /// Does what the next byte says; false at the end.
    fn step(&mut self) -> Result<bool, String> {
        let stack = &mut self.stack;
        match operand(&mut self.reader)? {
            [b'.'] => return Ok(false),
            // The version of the language, and how long a part of it is.
            [0x80] => drop(self.number::<1>()?),
            [0x95] => drop(self.number::<8>()?),
            [b'('] => stack.mark()?,
            [b'0'] => drop(stack.pop()?),
            [b'1'] => drop(stack.pop_to_mark()?),
            [b'2'] => stack.push(stack.top()?)?,
            [b'N'] => stack.push(Item::None)?,
            [0x88] => stack.push(Item::Bool(true))?,
            [0x89] => stack.push(Item::Bool(false))?,
            [b'K'] => stack.push(Item::Int(u8::from_le_bytes(operand(&mut self.reader)?).into()))?,
            [b'M'] => stack.push(Item::Int(u16::from_le_bytes(operand(&mut self.reader)?).into()))?,
            [b'J'] => stack.push(Item::Int(i32::from_le_bytes(operand(&mut self.reader)?).into()))?,
            [b'G'] => stack.push(Item::Float(f64::from_be_bytes(operand(&mut self.reader)?)))?,
            [0x8a] => self.long()?,
            [0x8c | b'U'] => self.text::<1>()?,
            [b'X' | b'T'] => self.text::<4>()?,
            [0x8d] => self.text::<8>()?,
            [b'C'] => self.skip::<1>()?,
            [b'B'] => self.skip::<4>()?,
            [0x8e | 0x96] => self.skip::<8>()?,
            [b')'] => stack.put(Object::Tuple(Vec::new()))?,
            [0x85] => stack.tuple(1)?,
            [0x86] => stack.tuple(2)?,
            [0x87] => stack.tuple(3)?,
            [b't'] => stack.tuple_to_mark()?,
            // A set is a list here.
            [b']' | 0x8f] => stack.put(Object::List(List::default()))?,
            [b'l' | 0x91] => stack.list_to_mark()?,
            [b'a'] => stack.append()?,
            [b'e' | 0x90] => stack.append_to_mark()?,
            [b'}'] => stack.put(Object::Dict(Vec::new()))?,
            [b'd'] => stack.dict_to_mark()?,
            [b's'] => stack.set()?,
            [b'u'] => stack.set_to_mark()?,
            [b'q'] => self.remember::<1>()?,
            [b'r'] => self.remember::<4>()?,
            [0x94] => stack.remember_next()?,
            [b'h'] => self.recall::<1>()?,
            [b'j'] => self.recall::<4>()?,
            [b'c'] => self.name()?,
            [0x93] => stack.name_on_stack()?,
            [b'R' | 0x81] => stack.call()?,
            // The state of an object: of an ordered dictionary, what else was set on it.
            [b'b'] => drop(stack.pop()?),
            [b'Q'] => stack.storage()?,
            [other] => return Err(format!("{BROKEN}, or of a kind that torch.save does not write: byte {other:#04x}")),
        }
        Ok(true)
    }

    /// A number of so many bytes, which is a length or a place.
    fn number<const N: usize>(&mut self) -> Result<u64, String> {
        let bytes: [u8; N] = operand(&mut self.reader)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A whole number of up to 64 bits; longer ones are never looked at.
    fn long(&mut self) -> Result<(), String> {
        let length = self.number::<1>()?;
        let bytes = self.taken(length)?;
        let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let start = if is_negative { -1 } else { 0 };
        let number = bytes.iter().rev().fold(start, |number: i64, byte| number << 8 | i64::from(*byte));
        self.stack.push(if bytes.len() > 8 { Item::None } else { Item::Int(number) })
    }

    fn taken(&mut self, length: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        (&mut self.reader).take(length).read_to_end(&mut bytes).map_err(|_| BROKEN)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(BROKEN.into()) }
    }

    fn text<const N: usize>(&mut self) -> Result<(), String> {
        let length = self.number::<N>()?;
        let bytes = self.taken(length)?;
        self.stack.put(Object::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Bytes, which nothing is made of.
    fn skip<const N: usize>(&mut self) -> Result<(), String> {
        let length = self.number::<N>()?;
        io::copy(&mut (&mut self.reader).take(length), &mut io::sink()).map_err(|_| BROKEN)?;
        self.stack.put(Object::Unknown)
    }

    fn remember<const N: usize>(&mut self) -> Result<(), String> {
        let place = self.number::<N>()?;
        self.stack.remember(place)
    }

    fn recall<const N: usize>(&mut self) -> Result<(), String> {
        let place = self.number::<N>()?;
        self.stack.recall(place)
    }

    /// A name as two lines: the module, and what of it.
    fn name(&mut self) -> Result<(), String> {
        let (module, name) = (self.line()?, self.line()?);
        self.stack.name(&module, &name)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        loop {
            match operand(&mut self.reader)? {
                [b'\n'] => return String::from_utf8(line).map_err(|_| BROKEN.to_owned()),
                [byte] if line.len() < 1000 => line.push(byte),
                _ => return Err(BROKEN.into()),
            }
        }
    }
}

/// What follows a byte that says what is to be done.
fn operand<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(|_| format!("{BROKEN}: it ends too early"))?;
    Ok(bytes)
}
