//! The stack of the machine that runs pickles, with limits to what a pickle can make it hold.

use super::objects::{Function, Item, List, Object, Objects, Storage, Stranger, Tensor};
use std::collections::HashMap;
use std::mem::size_of;

/// More values than that at once, or more objects, are not held.
const MOST: usize = 1 << 21;
/// How many bytes values in lists may have.
const MOST_BYTES: usize = 160 << 20;
/// More dimensions a tensor does not have.
const MOST_DIMENSIONS: usize = 8;

pub(super) const BROKEN: &str = "its pickle is broken";

/// Values on which a pickle works, and those that it has put aside.
#[derive(Debug, Default)]
pub(super) struct Stack {
    items: Vec<Item>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memory: HashMap<u64, Item>,
    objects: Objects,
    /// Whose name it was that is not known.
    pub refused: Option<Stranger>,
    /// How many bytes values in lists, tuples and dictionaries have.
    bytes: usize,
}

impl Stack {
    /// What was made: the uppermost value.
    pub fn end(mut self) -> Result<Objects, String> {
        self.objects.root = self.pop()?;
        Ok(self.objects)
    }

    pub fn mark(&mut self) -> Result<(), String> {
        check(self.marks.len() < MOST)?;
        self.marks.push(self.items.len());
        Ok(())
    }

    pub fn push(&mut self, item: Item) -> Result<(), String> {
        check(self.items.len() < MOST)?;
        self.items.push(item);
        Ok(())
    }

    /// Pushes an object.
    pub fn put(&mut self, object: Object) -> Result<(), String> {
        check(self.objects.count() < MOST)?;
        let item = self.objects.add(object);
        self.push(item)
    }

    /// The uppermost value above the last mark.
    pub fn top(&self) -> Result<Item, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.items.get(floor..).and_then(<[Item]>::last).copied().ok_or_else(|| BROKEN.into())
    }

    pub fn pop(&mut self) -> Result<Item, String> {
        let item = self.top()?;
        self.items.pop();
        Ok(item)
    }

    /// All values above the last mark, and the mark.
    pub fn pop_to_mark(&mut self) -> Result<Vec<Item>, String> {
        let mark = self.marks.pop().ok_or(BROKEN)?;
        Ok(self.items.split_off(mark.min(self.items.len())))
    }

    pub fn tuple(&mut self, count: usize) -> Result<(), String> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.put(Object::Tuple(items))
    }

    pub fn tuple_to_mark(&mut self) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.hold(size_of::<Item>() * items.len())?;
        self.put(Object::Tuple(items))
    }

    pub fn list_to_mark(&mut self) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.put(Object::List(List::default()))?;
        self.extend_list(items)
    }

    pub fn append(&mut self) -> Result<(), String> {
        let item = self.pop()?;
        self.extend_list(vec![item])
    }

    pub fn append_to_mark(&mut self) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.extend_list(items)
    }

    fn extend_list(&mut self, items: Vec<Item>) -> Result<(), String> {
        let top = self.top()?;
        let bytes = match self.objects.get_mut(top) {
            Some(Object::List(list)) => {
                let before = list.bytes();
                list.extend(items);
                list.bytes() - before
            }
            Some(Object::Unknown) => 0,
            _ => return Err(BROKEN.into()),
        };
        self.hold(bytes)
    }

    pub fn dict_to_mark(&mut self) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.put(Object::Dict(Vec::new()))?;
        self.extend_dict(&items)
    }

    pub fn set(&mut self) -> Result<(), String> {
        let value = self.pop()?;
        let key = self.pop()?;
        self.extend_dict(&[key, value])
    }

    pub fn set_to_mark(&mut self) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.extend_dict(&items)
    }

    fn extend_dict(&mut self, items: &[Item]) -> Result<(), String> {
        self.hold(size_of_val(items))?;
        let top = self.top()?;
        let pairs = items.as_chunks().0.iter().map(|[key, value]| (*key, *value));
        match self.objects.get_mut(top) {
            Some(Object::Dict(entries)) => entries.extend(pairs),
            Some(Object::Unknown) => {}
            _ => return Err(BROKEN.into()),
        }
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes += bytes;
        check(self.bytes <= MOST_BYTES)
    }

    pub fn remember(&mut self, place: u64) -> Result<(), String> {
        check(self.memory.len() < MOST)?;
        self.memory.insert(place, self.top()?);
        Ok(())
    }

    pub fn remember_next(&mut self) -> Result<(), String> {
        self.remember(self.memory.len() as u64)
    }

    pub fn recall(&mut self, place: u64) -> Result<(), String> {
        let item = *self.memory.get(&place).ok_or(BROKEN)?;
        self.push(item)
    }

    pub fn name_on_stack(&mut self) -> Result<(), String> {
        let [name, module] = [self.pop()?, self.pop()?].map(|item| self.objects.text(item).map(str::to_owned));
        self.name(&module.ok_or(BROKEN)?, &name.ok_or(BROKEN)?)
    }

    /// # Errors
    /// Where the name is not known.
    pub fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        let Some(function) = Function::of(module, name) else {
            self.refused = Some(Stranger::of(module));
            return Err(format!("it names {:?}, and code of a file is never run", format!("{module}.{name}")));
        };
        self.put(Object::Function(function))
    }

    /// What a call would give.
    pub fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Some(Object::Tuple(arguments)) = self.objects.get(arguments) else { return Err(BROKEN.into()) };
        match (self.objects.get(function), &arguments[..]) {
            (Some(Object::Function(Function::Tensor)), [storage, offset, shape, strides, ..]) => {
                let tensor = self.tensor(*storage, *offset, *shape, *strides).ok_or(BROKEN)?;
                self.put(Object::Tensor(Box::new(tensor)))
            }
            (Some(Object::Function(Function::Itself)), [first, ..]) => self.push(*first),
            (Some(Object::Function(Function::Dict)), _) => self.put(Object::Dict(Vec::new())),
            (Some(Object::Function(_) | Object::Unknown), _) => self.put(Object::Unknown),
            _ => Err(BROKEN.into()),
        }
    }

    fn tensor(&self, storage: Item, offset: Item, shape: Item, strides: Item) -> Option<Tensor> {
        let Some(Object::Storage(storage)) = self.objects.get(storage) else { return None };
        let offset = self.objects.integer(offset)?.try_into().ok()?;
        let (shape, strides) = (self.lengths(shape)?, self.lengths(strides)?);
        (shape.len() == strides.len()).then(|| Tensor { storage: (**storage).clone(), offset, shape, strides })
    }

    fn lengths(&self, item: Item) -> Option<Vec<usize>> {
        let Some(Object::Tuple(items)) = self.objects.get(item) else { return None };
        let length = |item: &Item| self.objects.integer(*item)?.try_into().ok();
        if items.len() > MOST_DIMENSIONS { None } else { items.iter().map(length).collect() }
    }

    /// The storage of a tensor: ("storage", its type, its name, the device, how many numbers it has).
    pub fn storage(&mut self) -> Result<(), String> {
        let id = self.pop()?;
        let Some(Object::Tuple(parts)) = self.objects.get(id) else { return Err(BROKEN.into()) };
        let [_, kind, name, ..] = parts[..] else { return Err(BROKEN.into()) };
        let name = self.objects.text(name).map(str::to_owned).ok_or(BROKEN)?;
        let number = match self.objects.get(kind) {
            Some(Object::Function(Function::Storage(number))) => Some(*number),
            Some(Object::Function(_)) => None,
            _ => return Err(BROKEN.into()),
        };
        self.put(Object::Storage(Box::new(Storage { number, name })))
    }
}

fn check(is_little: bool) -> Result<(), String> {
    if is_little {
        Ok(())
    } else {
        Err("its pickle holds too many values; tensors in place of lists would be right".into())
    }
}
