use super::Expr;

/// The names that stand for expressions within an expression: estimators, beside the words of the language.
pub trait Names {
    /// What a name stands for.
    fn find(&self, name: &str) -> Option<Expr>;

    /// All of them: the nearest are proposed for one that is unknown.
    fn all(&self) -> Vec<String>;

    /// Why a name that is known all the same cannot stand within an expression.
    fn refusal(&self, _name: &str) -> Option<String> {
        None
    }
}

/// No names but the words of the language.
impl Names for () {
    fn find(&self, _name: &str) -> Option<Expr> {
        None
    }

    fn all(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Names and what they stand for.
impl<const N: usize> Names for [(&str, Expr); N] {
    fn find(&self, name: &str) -> Option<Expr> {
        self.iter().find(|(known, _)| *known == name).map(|(_, expression)| expression.clone())
    }

    fn all(&self) -> Vec<String> {
        self.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

/// Whether a name is a word of the language, such as `logp` or `clamp`, which can stand for nothing else.
pub fn is_reserved(name: &str) -> bool {
    leaf(name).is_some() || Function::named(name).is_some()
}

/// The quantities of the language.
const LEAVES: [&str; 9] = ["logp", "ref", "old", "D", "r", "w", "rho", "length", "inf"];

pub(super) fn leaf(name: &str) -> Option<Expr> {
    Some(match name {
        "logp" => Expr::log_prob(),
        "ref" => Expr::log_ref(),
        "old" => Expr::log_old(),
        "D" => Expr::log_ratio(),
        "r" => (-Expr::log_ratio()).exp(),
        "w" => Expr::log_ratio().exp(),
        "rho" => Expr::log_rho().exp(),
        "length" => Expr::length(),
        "inf" => Expr::from(f64::INFINITY),
        _ => return None,
    })
}

/// A function of the language.
#[derive(Clone, Copy)]
pub(super) enum Function {
    One(fn(&Expr) -> Expr),
    Two(fn(&Expr, &Expr) -> Expr),
    Clamp,
    Where,
}

/// How each function is written.
const FUNCTIONS: [(Function, &str); 18] = [
    (Function::One(Expr::exp), "exp(x)"),
    (Function::One(Expr::expm1), "expm1(x)"),
    (Function::One(Expr::log), "log(x)"),
    (Function::One(Expr::log1p), "log1p(x)"),
    (Function::One(Expr::sqrt), "sqrt(x)"),
    (Function::One(Expr::abs), "abs(x)"),
    (Function::One(Expr::sign), "sign(x)"),
    (Function::One(Expr::stop), "sg(x)"),
    (Function::One(Expr::stop), "detach(x)"),
    (Function::One(Expr::sum), "sum(x)"),
    (Function::One(Expr::mean), "mean(x)"),
    (Function::One(Expr::after), "after(x)"),
    (Function::One(Expr::full), "full(x)"),
    (Function::Two(|x, y| x.min(y)), "min(x, y)"),
    (Function::Two(|x, y| x.max(y)), "max(x, y)"),
    (Function::Clamp, "clamp(x, lo, hi)"),
    (Function::Where, "where(a < b, x, y)"),
    (Function::One(Expr::reward), "reward(K)"),
];

impl Function {
    /// The function of that name, and how it is written.
    pub(super) fn named(name: &str) -> Option<(Self, &'static str)> {
        FUNCTIONS.into_iter().find(|(_, usage)| name_in(usage) == name)
    }
}

fn name_in(usage: &'static str) -> &'static str {
    usage.split('(').next().unwrap_or(usage)
}

/// The known names that look most like one that is unknown, the nearest first.
pub(super) fn nearest(unknown: &str, names: &dyn Names) -> Vec<String> {
    let words = LEAVES.into_iter().chain(FUNCTIONS.into_iter().map(|(_, usage)| name_in(usage)));
    crate::spelling::nearest(unknown, names.all().into_iter().chain(words.map(str::to_owned)))
}
