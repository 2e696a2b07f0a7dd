//! What a pickle holds.

use crate::stored::Number;

/// A value: a number, or an object by its place among all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Item {
    #[default]
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Object(usize),
}

/// A value that is more than a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Text(String),
    List(List),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    Tensor(Box<Tensor>),
    Storage(Box<Storage>),
    Function(Function),
    /// What is never looked at.
    Unknown,
}

/// A list, of which one of numbers takes little memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum List {
    Ints(Vec<i32>),
    Floats(Vec<f64>),
    Items(Vec<Item>),
}

/// The numbers of tensors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Storage {
    /// How they are stored; none where they are no plain numbers.
    pub number: Option<Number>,
    /// The member of the archive that has them.
    pub name: String,
}

/// A view of numbers in a storage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub storage: Storage,
    /// Its first number in the storage.
    pub offset: u64,
    pub shape: Vec<usize>,
    /// How many numbers of the storage lie between one and the next along each dimension.
    pub strides: Vec<usize>,
}

/// What a pickle may name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    /// Makes a tensor of a storage.
    Tensor,
    /// Gives its first argument, such as a parameter its tensor.
    Itself,
    /// Makes an empty dictionary.
    Dict,
    /// The type of a storage.
    Storage(Number),
    /// Makes what is never looked at.
    Other,
}

impl Function {
    /// What is known of a name; none of most.
    pub fn of(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("torch._utils", "_rebuild_tensor_v2") => Self::Tensor,
            ("torch._utils", "_rebuild_parameter") | ("torch", "Size") => Self::Itself,
            ("collections", "OrderedDict") => Self::Dict,
            ("torch", "DoubleStorage") => Self::Storage(Number::F64),
            ("torch", "FloatStorage") => Self::Storage(Number::F32),
            ("torch", "HalfStorage") => Self::Storage(Number::F16),
            ("torch", "BFloat16Storage") => Self::Storage(Number::Bf16),
            ("torch", "LongStorage") => Self::Storage(Number::I64),
            ("torch", "IntStorage") => Self::Storage(Number::I32),
            ("torch", "ShortStorage") => Self::Storage(Number::I16),
            ("torch", "CharStorage") => Self::Storage(Number::I8),
            ("torch", "ByteStorage") => Self::Storage(Number::U8),
            ("torch", "BoolStorage") => Self::Storage(Number::Bool),
            // Numbers and arrays of numpy, which trainers put beside: rewards, say.
            (
                "numpy" | "numpy.core.multiarray" | "numpy._core.multiarray",
                "dtype" | "ndarray" | "scalar" | "_reconstruct",
            )
            | ("_codecs", "encode")
            | (
                "torch",
                "device" | "float32" | "float16" | "bfloat16" | "float64" | "int64" | "int32" | "bool" | "uint8",
            ) => Self::Other,
            _ => return None,
        })
    }
}

/// What a name is that is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stranger {
    /// A class, as far as can be seen.
    Class,
    /// Something by which a pickle runs commands, and which no log has a use for.
    Command,
}

impl Stranger {
    pub fn of(module: &str) -> Self {
        const COMMANDS: [&str; 18] = [
            "os",
            "posix",
            "nt",
            "subprocess",
            "builtins",
            "__builtin__",
            "sys",
            "pty",
            "socket",
            "shutil",
            "runpy",
            "importlib",
            "ctypes",
            "commands",
            "code",
            "pickle",
            "operator",
            "webbrowser",
        ];
        let root = module.split('.').next().unwrap_or_default();
        if COMMANDS.contains(&root) { Self::Command } else { Self::Class }
    }
}

impl Default for List {
    fn default() -> Self {
        Self::Ints(Vec::new())
    }
}

impl Extend<Item> for List {
    fn extend<T: IntoIterator<Item = Item>>(&mut self, items: T) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl FromIterator<Item> for List {
    fn from_iter<T: IntoIterator<Item = Item>>(items: T) -> Self {
        let mut list = Self::default();
        list.extend(items);
        list
    }
}

impl List {
    fn push(&mut self, item: Item) {
        // Masks are lists of truth values, too.
        let item = if let Item::Bool(bool) = item { Item::Int(bool.into()) } else { item };
        match (&mut *self, item) {
            (Self::Ints(ints), Item::Int(int)) if i32::try_from(int).is_ok() => ints.push(int as i32),
            (Self::Floats(floats), Item::Float(float)) => floats.push(float),
            (Self::Items(items), item) => items.push(item),
            (Self::Ints(ints), Item::Float(float)) => {
                *self = Self::Floats(ints.iter().map(|int| f64::from(*int)).chain([float]).collect());
            }
            (Self::Floats(floats), Item::Int(int)) => floats.push(int as f64),
            (_, item) => *self = Self::Items(self.items().chain([item]).collect()),
        }
    }

    /// How many bytes its values have.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Ints(ints) => size_of_val(&ints[..]),
            Self::Floats(floats) => size_of_val(&floats[..]),
            Self::Items(items) => size_of_val(&items[..]),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Ints(ints) => ints.len(),
            Self::Floats(floats) => floats.len(),
            Self::Items(items) => items.len(),
        }
    }

    pub fn get(&self, place: usize) -> Option<Item> {
        match self {
            Self::Ints(ints) => ints.get(place).map(|int| Item::Int((*int).into())),
            Self::Floats(floats) => floats.get(place).map(|float| Item::Float(*float)),
            Self::Items(items) => items.get(place).copied(),
        }
    }

    pub fn items(&self) -> impl Iterator<Item = Item> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

/// All that a pickle holds.
#[derive(Debug, Default)]
pub(super) struct Objects {
    objects: Vec<Object>,
    pub root: Item,
}

impl Objects {
    pub fn add(&mut self, object: Object) -> Item {
        self.objects.push(object);
        Item::Object(self.objects.len() - 1)
    }

    pub fn count(&self) -> usize {
        self.objects.len()
    }

    pub fn get(&self, item: Item) -> Option<&Object> {
        if let Item::Object(place) = item { self.objects.get(place) } else { None }
    }

    pub fn get_mut(&mut self, item: Item) -> Option<&mut Object> {
        if let Item::Object(place) = item { self.objects.get_mut(place) } else { None }
    }

    pub fn text(&self, item: Item) -> Option<&str> {
        if let Some(Object::Text(text)) = self.get(item) { Some(text) } else { None }
    }

    pub fn integer(&self, item: Item) -> Option<i64> {
        match item {
            Item::Int(int) => Some(int),
            Item::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => Some(float as i64),
            _ => None,
        }
    }

    pub fn list(&self, item: Item) -> Option<&List> {
        if let Some(Object::List(list)) = self.get(item) { Some(list) } else { None }
    }

    /// The entries of a dictionary whose keys are texts; none of what is no dictionary.
    pub fn entries(&self, item: Item) -> impl Iterator<Item = (&str, Item)> {
        let entries = if let Some(Object::Dict(entries)) = self.get(item) { &entries[..] } else { &[] };
        entries.iter().filter_map(|(key, value)| Some((self.text(*key)?, *value)))
    }

    /// The last value of a key.
    pub fn entry(&self, dict: Item, key: &str) -> Option<Item> {
        self.entries(dict).filter(|(name, _)| *name == key).last().map(|(_, value)| value)
    }
}
