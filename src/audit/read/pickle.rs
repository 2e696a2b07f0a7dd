//! The part of Python's pickle language in which torch.save writes dictionaries, lists, numbers, texts and tensors.
//!
//! A pickle is a program for a machine with a stack. Of what it may call, only that is known here which makes tensors and
//! ordered dictionaries, and that is not called but understood; whatever else a pickle names is refused, or is a value that is
//! never looked at. So no code of a pickle is ever run.

use super::objects::{Function, Item, List, Object, Objects, Storage, Tensor};
use crate::stored::Number;
use std::collections::HashMap;
use std::io::{self, Read};

/// More values than that on the stack or in the memory of a pickle are not read.
const MOST: usize = 1 << 21;

/// Runs a pickle.
///
/// # Errors
/// What it names that is not known, or what is wrong with it.
pub(super) fn read(reader: impl Read) -> Result<Objects, String> {
    let mut machine =
        Machine { reader, stack: Vec::new(), marks: Vec::new(), memory: HashMap::new(), objects: Objects::default() };
    while machine.step()? {}
    machine.objects.root = machine.pop()?;
    Ok(machine.objects)
}

struct Machine<R> {
    reader: R,
    stack: Vec<Item>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memory: HashMap<u32, Item>,
    objects: Objects,
}

const BROKEN: &str = "its pickle is broken";

impl<R: Read> Machine<R> {
    /// Does what the next byte says; false at the end.
    fn step(&mut self) -> Result<bool, String> {
        match self.byte()? {
            b'.' => return Ok(false),
            0x80 => drop(self.byte()?),
            0x95 => drop(self.bytes::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.popped()?),
            b'2' => self.push(self.top()?)?,
            b'N' => self.push(Item::None)?,
            0x88 => self.push(Item::Bool(true))?,
            0x89 => self.push(Item::Bool(false))?,
            b'K' => {
                let number = self.byte()?;
                self.push(Item::Int(number.into()))?
            }
            b'M' => {
                let bytes = self.bytes()?;
                self.push(Item::Int(u16::from_le_bytes(bytes).into()))?
            }
            b'J' => {
                let bytes = self.bytes()?;
                self.push(Item::Int(i32::from_le_bytes(bytes).into()))?
            }
            b'G' => {
                let bytes = self.bytes()?;
                self.push(Item::Float(f64::from_be_bytes(bytes)))?
            }
            0x8a => self.long()?,
            0x8c | b'U' => {
                let length = self.byte()?;
                self.text(length.into())?
            }
            b'X' | b'T' => {
                let length = self.bytes()?;
                self.text(u32::from_le_bytes(length).into())?
            }
            0x8d => {
                let length = self.bytes()?;
                self.text(u64::from_le_bytes(length))?
            }
            b'C' => {
                let length = self.byte()?;
                self.skip(length.into())?
            }
            b'B' => {
                let length = self.bytes()?;
                self.skip(u32::from_le_bytes(length).into())?
            }
            0x8e | 0x96 => {
                let length = self.bytes()?;
                self.skip(u64::from_le_bytes(length))?
            }
            b')' => self.object(Object::Tuple(Vec::new()))?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' => {
                let items = self.popped()?;
                self.object(Object::Tuple(items))?
            }
            b']' | 0x8f => self.object(Object::List(List::default()))?,
            b'l' | 0x91 => {
                let items = self.popped()?;
                self.object(Object::List(items.into_iter().collect()))?
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?
            }
            b'e' | 0x90 => {
                let items = self.popped()?;
                self.append(items)?
            }
            b'}' => self.object(Object::Dict(Vec::new()))?,
            b'd' => {
                let items = self.popped()?;
                self.object(Object::Dict(Vec::new()))?;
                self.set(&items)?
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set(&[key, value])?
            }
            b'u' => {
                let items = self.popped()?;
                self.set(&items)?
            }
            b'q' => {
                let place = self.byte()?;
                self.remember(place.into())?
            }
            b'r' => {
                let place = self.bytes()?;
                self.remember(u32::from_le_bytes(place))?
            }
            0x94 => self.remember(self.memory.len() as u32)?,
            b'h' => {
                let place = self.byte()?;
                self.recall(place.into())?
            }
            b'j' => {
                let place = self.bytes()?;
                self.recall(u32::from_le_bytes(place))?
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(&module, &name)?
            }
            0x93 => {
                let (name, module) = (self.popped_text()?, self.popped_text()?);
                self.name(&module, &name)?
            }
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let function = self.pop()?;
                self.call(function, arguments)?
            }
            // The state of an object: of an ordered dictionary, what else was set on it.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.storage(id)?
            }
            other => return Err(format!("{BROKEN}, or of a kind that torch.save does not write: byte {other:#04x}")),
        }
        Ok(true)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(|_| format!("{BROKEN}: it ends too early"))?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return String::from_utf8(line).map_err(|_| BROKEN.to_owned()),
                byte if line.len() < 1000 => line.push(byte),
                _ => return Err(BROKEN.into()),
            }
        }
    }

    fn push(&mut self, item: Item) -> Result<(), String> {
        if self.stack.len() == MOST || self.marks.len() > MOST {
            return Err(format!("its pickle has more than {MOST} values at once"));
        }
        self.stack.push(item);
        Ok(())
    }

    fn object(&mut self, object: Object) -> Result<(), String> {
        if self.objects.count() == MOST {
            return Err(format!("its pickle has more than {MOST} objects; tensors in place of them would be right"));
        }
        let item = self.objects.add(object);
        self.push(item)
    }

    /// The uppermost value above the last mark.
    fn top(&self) -> Result<Item, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.get(floor..).and_then(<[Item]>::last).copied().ok_or_else(|| BROKEN.into())
    }

    fn pop(&mut self) -> Result<Item, String> {
        let item = self.top()?;
        self.stack.pop();
        Ok(item)
    }

    /// All values above the last mark, and the mark.
    fn popped(&mut self) -> Result<Vec<Item>, String> {
        let mark = self.marks.pop().ok_or(BROKEN)?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn popped_text(&mut self) -> Result<String, String> {
        let item = self.pop()?;
        self.objects.text(item).map(str::to_owned).ok_or_else(|| BROKEN.into())
    }

    /// A whole number of up to 64 bits.
    fn long(&mut self) -> Result<(), String> {
        let length = self.byte()?;
        let mut bytes = vec![0; length.into()];
        self.reader.read_exact(&mut bytes).map_err(|_| BROKEN)?;
        let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        bytes.resize(8.max(bytes.len()), if is_negative { 0xff } else { 0 });
        let [low, ..] = bytes.as_chunks().0 else { return Err(BROKEN.into()) };
        self.push(if bytes.len() > 8 { Item::None } else { Item::Int(i64::from_le_bytes(*low)) })
    }

    fn text(&mut self, length: u64) -> Result<(), String> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(length).read_to_end(&mut bytes).map_err(|_| BROKEN)?;
        if (read as u64) < length {
            return Err(format!("{BROKEN}: it ends too early"));
        }
        self.object(Object::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Bytes, which nothing is made of.
    fn skip(&mut self, length: u64) -> Result<(), String> {
        let skipped = io::copy(&mut (&mut self.reader).take(length), &mut io::sink()).map_err(|_| BROKEN)?;
        if skipped < length {
            return Err(format!("{BROKEN}: it ends too early"));
        }
        self.object(Object::Unknown)
    }

    fn tuple(&mut self, count: usize) -> Result<(), String> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.object(Object::Tuple(items))
    }

    fn append(&mut self, items: Vec<Item>) -> Result<(), String> {
        let top = self.top()?;
        match self.objects.get_mut(top) {
            Some(Object::List(list)) => list.extend(items),
            Some(Object::Unknown) => {}
            _ => return Err(BROKEN.into()),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Item]) -> Result<(), String> {
        let top = self.top()?;
        match self.objects.get_mut(top) {
            Some(Object::Dict(entries)) => {
                entries.extend(items.as_chunks().0.iter().map(|[key, value]| (*key, *value)))
            }
            Some(Object::Unknown) => {}
            _ => return Err(BROKEN.into()),
        }
        Ok(())
    }

    fn remember(&mut self, place: u32) -> Result<(), String> {
        if self.memory.len() == MOST {
            return Err(format!("its pickle has more than {MOST} objects; tensors in place of them would be right"));
        }
        self.memory.insert(place, self.top()?);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), String> {
        let item = *self.memory.get(&place).ok_or(BROKEN)?;
        self.push(item)
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        let function = Function::of(module, name);
        let function = function
            .ok_or_else(|| format!("it names {:?}, and code of a file is never run", format!("{module}.{name}")))?;
        self.object(Object::Function(function))
    }

    /// What a call would give.
    fn call(&mut self, function: Item, arguments: Item) -> Result<(), String> {
        let Some(Object::Tuple(arguments)) = self.objects.get(arguments) else { return Err(BROKEN.into()) };
        // As many as are looked at.
        let arguments: Vec<Item> = arguments.iter().take(4).copied().collect();
        match (self.objects.get(function), &arguments[..]) {
            (Some(Object::Function(Function::Tensor)), [storage, offset, shape, strides, ..]) => {
                let tensor = self.tensor(*storage, *offset, *shape, *strides).ok_or(BROKEN)?;
                self.object(Object::Tensor(Box::new(tensor)))
            }
            (Some(Object::Function(Function::Itself)), [first, ..]) => self.push(*first),
            (Some(Object::Function(Function::Dict)), _) => self.object(Object::Dict(Vec::new())),
            (Some(Object::Function(_) | Object::Unknown), _) => self.object(Object::Unknown),
            _ => Err(BROKEN.into()),
        }
    }

    fn tensor(&self, storage: Item, offset: Item, shape: Item, strides: Item) -> Option<Tensor> {
        let Some(Object::Storage(storage)) = self.objects.get(storage) else { return None };
        let offset = self.objects.integer(offset)?.try_into().ok()?;
        let lengths = |item: Item| match self.objects.get(item) {
            Some(Object::Tuple(items)) => {
                items.iter().map(|item| self.objects.integer(*item)?.try_into().ok()).collect::<Option<Vec<usize>>>()
            }
            _ => None,
        };
        let (shape, strides) = (lengths(shape)?, lengths(strides)?);
        (shape.len() == strides.len()).then(|| Tensor { storage: (**storage).clone(), offset, shape, strides })
    }

    /// The storage of a tensor: ("storage", its type, its name, the device, how many numbers it has).
    fn storage(&mut self, id: Item) -> Result<(), String> {
        let Some(Object::Tuple(parts)) = self.objects.get(id) else { return Err(BROKEN.into()) };
        let [_, kind, name, ..] = parts[..] else { return Err(BROKEN.into()) };
        let Some(name) = self.objects.text(name).map(str::to_owned) else { return Err(BROKEN.into()) };
        let number: Option<Number> = match self.objects.get(kind) {
            Some(Object::Function(Function::Storage(number))) => Some(*number),
            Some(Object::Function(_)) => None,
            _ => return Err(BROKEN.into()),
        };
        self.object(Object::Storage(Box::new(Storage { number, name })))
    }
}
