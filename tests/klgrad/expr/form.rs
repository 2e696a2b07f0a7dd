//! Random expressions with a meaning of their own: their text in full brackets. Nothing here is the library's.

use proptest::prelude::*;

/// A formula as it is written; a name, or an operation and what it works on.
#[derive(Clone, Debug)]
pub enum Form {
    Number(f64),
    Leaf(&'static str),
    Unary(&'static str, Box<Form>),
    Binary(&'static str, Box<Form>, Box<Form>),
    Clamp(Box<Form>, f64, f64),
    Where(&'static str, Box<[Form; 4]>),
}

use Form::{Binary, Clamp, Leaf, Number, Unary, Where};

const LEAVES: [&str; 8] = ["logp", "ref", "old", "D", "r", "w", "rho", "length"];
const UNARY: [&str; 13] =
    ["-", "exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "sg", "detach", "sum", "mean", "after"];
const BINARY: [&str; 7] = ["+", "-", "*", "/", "^", "min", "max"];
const COMPARISONS: [&str; 4] = ["<", "<=", ">", ">="];

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![(0u8..4).prop_map(f64::from), (1u32..4000).prop_map(|n| f64::from(n) / 1000.0)]
}

pub fn forms() -> impl Strategy<Value = Form> {
    let leaf = prop_oneof![1 => number().prop_map(Number), 4 => prop::sample::select(&LEAVES[..]).prop_map(Leaf)];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            4 => (prop::sample::select(&UNARY[..]), boxed()).prop_map(|(name, x)| Unary(name, x)),
            4 => (prop::sample::select(&BINARY[..]), boxed(), boxed()).prop_map(|(name, x, y)| Binary(name, x, y)),
            1 => (boxed(), number(), number()).prop_map(|(x, low, width)| Clamp(x, -low, width - low)),
            1 => (prop::sample::select(&COMPARISONS[..]), prop::array::uniform4(inner))
                .prop_map(|(name, arguments)| Where(name, Box::new(arguments))),
        ]
    })
}

impl Form {
    /// How many functions and operators it has.
    #[cfg(feature = "libtorch")]
    pub fn operations(&self) -> usize {
        match self {
            Number(_) | Leaf(_) => 0,
            Unary(_, x) | Clamp(x, ..) => 1 + x.operations(),
            Binary(_, x, y) => 1 + x.operations() + y.operations(),
            Where(_, of) => 1 + of.iter().map(Form::operations).sum::<usize>(),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Number(number) => number.to_string(),
            Leaf(name) => (*name).to_owned(),
            Unary("-", x) => format!("(-{})", x.text()),
            Unary(name, x) => format!("{name}({})", x.text()),
            Binary(name @ ("min" | "max"), x, y) => format!("{name}({}, {})", x.text(), y.text()),
            Binary(symbol, x, y) => format!("({} {symbol} {})", x.text(), y.text()),
            Clamp(x, low, high) => format!("clamp({}, {low}, {high})", x.text()),
            Where(symbol, of) => {
                let [a, b, x, y] = of.each_ref().map(Form::text);
                format!("where({a} {symbol} {b}, {x}, {y})")
            }
        }
    }
}
