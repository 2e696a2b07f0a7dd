use super::linear::Linear;

/// The place of a node in the list of its expression.
pub(crate) type Id = usize;

/// One operation of an expression, on results that stand before it in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    /// What a step carries, and constants.
    Linear(Linear),
    /// The number of tokens of the sequence.
    Length,
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    /// Within two numbers, the lower first.
    Clamp(Id, f64, f64),
    /// `where(a < b, x, y)`: the comparison, then a, b, x, y.
    Where(Comparison, [Id; 4]),
}

/// A function of one argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    Neg,
    Exp,
    ExpM1,
    Log,
    Log1p,
    Sqrt,
    Abs,
    Sign,
    Stop,
    Sum,
    Mean,
    After,
    /// Over the whole vocabulary, weighted by pi_theta.
    Full,
}

/// A function of two arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
}

/// How the two numbers of a [`Condition`](super::Condition) compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Unary {
    /// The name that it has in the language; a minus has none.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Exp => "exp",
            Self::ExpM1 => "expm1",
            Self::Log => "log",
            Self::Log1p => "log1p",
            Self::Sqrt => "sqrt",
            Self::Abs => "abs",
            Self::Sign => "sign",
            Self::Stop => "sg",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::After => "after",
            Self::Full => "full",
        }
    }
}

impl Comparison {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    pub(crate) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Greater => a > b,
            Self::AtLeast => a >= b,
        }
    }
}

/// What is known of a result before any number is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Facts {
    /// Each token has a number of its own; else one number stands for the whole sequence.
    pub(crate) per_token: bool,
    /// A gradient flows from it to log pi.
    pub(crate) live: bool,
}

impl Node {
    /// The number that it is, if it is a constant.
    pub(crate) fn as_constant(&self) -> Option<f64> {
        if let Self::Linear(form) = self { form.as_constant() } else { None }
    }

    /// The results that it is made of.
    pub(crate) fn children(&self) -> impl Iterator<Item = Id> + use<> {
        let children = match *self {
            Self::Linear(_) | Self::Length => [None; 4],
            Self::Unary(_, x) | Self::Clamp(x, ..) => [Some(x), None, None, None],
            Self::Binary(_, x, y) => [Some(x), Some(y), None, None],
            Self::Where(_, children) => children.map(Some),
        };
        children.into_iter().flatten()
    }

    /// The same operation on results that have moved.
    pub(crate) fn moved(self, to: impl Fn(Id) -> Id) -> Self {
        match self {
            Self::Linear(_) | Self::Length => self,
            Self::Unary(function, x) => Self::Unary(function, to(x)),
            Self::Binary(function, x, y) => Self::Binary(function, to(x), to(y)),
            Self::Clamp(x, low, high) => Self::Clamp(to(x), low, high),
            Self::Where(comparison, children) => Self::Where(comparison, children.map(to)),
        }
    }

    /// What is known of its result, given the same of the results before it.
    pub(crate) fn facts(&self, before: &[Facts]) -> Facts {
        let per_token = self.children().any(|child| before[child].per_token);
        let live = self.children().any(|child| before[child].live);
        match *self {
            Self::Linear(form) => Facts { per_token: form.per_token, live: form.slope != 0.0 },
            Self::Unary(Unary::Sum | Unary::Mean, _) => Facts { per_token: false, live },
            Self::Unary(Unary::After, _) => Facts { per_token: true, live },
            // Its weights carry a gradient, too.
            Self::Unary(Unary::Full, _) => Facts { per_token: true, live: true },
            Self::Unary(Unary::Stop | Unary::Sign, _) => Facts { per_token, live: false },
            Self::Where(_, [_, _, x, y]) => Facts { per_token, live: before[x].live || before[y].live },
            _ => Facts { per_token, live },
        }
    }
}
