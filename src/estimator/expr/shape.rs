//! Where an expression has its weight and where it bends: what lays out an integral over it.

use super::interval::Interval;
use super::linear::Linear;
use super::node::{Binary, Node, Unary};
use super::{Expr, Id};

/// The factors of `logp`, `D` and `log(rho)` in the exponent of an exponential.
pub(crate) type Exponent = [f64; 3];

/// What is known of an expression and its coefficient as functions of the sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Between kinks they are sums of these exponentials, times factors that grow more slowly.
    pub(crate) exponents: Vec<Exponent>,
    /// They change their character where one of these exponents is about 0: `log(1 + r)` where D is.
    pub(crate) transitions: Vec<Exponent>,
    /// Whether that is all there is to them between kinks: sums of these exponentials, times polynomials.
    pub(crate) is_plain: bool,
    /// They have a kink or a jump where the sign of one of these changes.
    pub(crate) switches: Vec<Expr>,
    /// Whether they may be steep at a kink, as where something is divided by, or a logarithm or a root is taken.
    pub(crate) may_be_steep: bool,
    /// Whether they may be infinite there: no positive number is known by which that is away from 0.
    pub(crate) may_be_singular: bool,
}

const NONE: Exponent = [0.0; 3];

/// More exponents than these are represented by those that are extreme in some direction.
const MANY: usize = 24;

/// What is known of the result of one node.
#[derive(Clone, Debug)]
struct Part {
    exponents: Vec<Exponent>,
    /// Between kinks it is one of these linear forms, where it is one.
    forms: Vec<Linear>,
}

impl Expr {
    /// Its shape, by one fold; what stands in `sg` counts as much as what does not.
    pub(crate) fn shape(&self) -> Shape {
        let mut transitions = Vec::new();
        let exponents = self.fold(|node, before| part(node, before, &self.nodes, &mut transitions)).exponents;
        let is_plain = transitions.is_empty();
        transitions.retain(|transition| *transition != NONE);
        let mut intervals: Vec<Interval> = Vec::with_capacity(self.nodes.len());
        self.nodes.iter().for_each(|node| intervals.push(Interval::of(node, &intervals)));
        let steep = || self.nodes.iter().filter(|node| is_steep(node, &self.nodes));
        let may_be_singular = steep().any(|node| !is_bounded(node, &intervals));
        let (switches, may_be_steep) = (self.switches(), steep().next().is_some());
        Shape { exponents, transitions: thinned(transitions), is_plain, switches, may_be_steep, may_be_singular }
    }

    fn switches(&self) -> Vec<Self> {
        let of = |id: Id| self.part(id);
        let has_roots = self.nodes.iter().any(|node| is_root(node, &self.nodes));
        let of_node = |node: &Node| match *node {
            // Of a square, as which sqrt(D^2) has its kink where there is no change of sign.
            Node::Binary(Binary::Pow | Binary::Mul, x, y) if has_roots => vec![of(x), of(y)],
            Node::Binary(Binary::Div, _, x)
            | Node::Binary(Binary::Pow, x, _)
            | Node::Unary(Unary::Log | Unary::Sqrt, x)
                if is_steep(node, &self.nodes) =>
            {
                vec![of(x)]
            }
            Node::Unary(Unary::Log1p, x) => vec![of(x) + 1.0],
            Node::Unary(Unary::Abs | Unary::Sign, x) => vec![of(x)],
            Node::Binary(Binary::Min | Binary::Max, x, y) | Node::Where(_, [x, y, ..]) => {
                vec![difference(of(x), of(y))]
            }
            Node::Clamp(x, low, high) => {
                let finite = [low, high].into_iter().filter(|bound| bound.is_finite());
                finite.map(|bound| difference(of(x), Self::from(bound))).collect()
            }
            _ => Vec::new(),
        };
        self.nodes.iter().flat_map(of_node).collect()
    }

    /// Its factors and constant, where it is one linear form.
    pub(crate) fn linear_factors(&self) -> Option<(Exponent, f64)> {
        match self.root() {
            Node::Linear(form) => Some((factors(form), form.constant)),
            _ => None,
        }
    }
}

/// A square root, or another power that is not whole.
fn is_root(node: &Node, nodes: &[Node]) -> bool {
    match *node {
        Node::Unary(Unary::Sqrt, _) => true,
        Node::Binary(Binary::Pow, _, exponent) => nodes[exponent].as_constant().is_none_or(|x| x.fract() != 0.0),
        _ => false,
    }
}

/// Whether what it divides by, or takes the logarithm or the root of, is away from 0.
fn is_bounded(node: &Node, intervals: &[Interval]) -> bool {
    match *node {
        Node::Unary(Unary::Log1p, x) => intervals[x].is_away_from(-1.0),
        Node::Unary(_, x) | Node::Binary(Binary::Div, _, x) | Node::Binary(_, x, _) => intervals[x].is_away_from(0.0),
        _ => false,
    }
}

/// Whether it may be infinite where its argument is not.
fn is_steep(node: &Node, nodes: &[Node]) -> bool {
    let constant = |id: Id| nodes[id].as_constant();
    match *node {
        Node::Unary(Unary::Log | Unary::Log1p, _) => true,
        Node::Binary(Binary::Div, _, divisor) => constant(divisor).is_none(),
        Node::Binary(Binary::Pow, _, exponent) => constant(exponent).is_none_or(|x| x < 0.0) || is_root(node, nodes),
        _ => is_root(node, nodes),
    }
}

/// What has the sign of x - y: of exponentials, the difference of their exponents.
fn difference(x: Expr, y: Expr) -> Expr {
    let log = |x: &Expr| match x.as_constant() {
        Some(constant) if constant > 0.0 => Some(Expr::from(constant.ln())),
        _ => x.exponent().map(|_| x.log()),
    };
    match log(&x).zip(log(&y)) {
        Some((log_x, log_y)) => log_x - log_y,
        None => x - y,
    }
}

fn part(node: &Node, before: &[Part], nodes: &[Node], transitions: &mut Vec<Exponent>) -> Part {
    match *node {
        Node::Linear(form) => Part { exponents: vec![NONE], forms: vec![form] },
        Node::Length => Part { exponents: vec![NONE], forms: vec![Linear::constant(1.0)] },
        Node::Unary(function, x) => unary(function, &before[x], transitions),
        Node::Binary(function, x, y) => binary(function, &before[x], &before[y], nodes[y].as_constant(), transitions),
        Node::Clamp(x, low, high) => {
            let bounds = [low, high].into_iter().filter(|bound| bound.is_finite()).map(Linear::constant);
            one_of(&before[x], &Part { exponents: vec![NONE], forms: bounds.collect() })
        }
        Node::Where(_, [_, _, x, y]) => one_of(&before[x], &before[y]),
    }
}

fn unary(function: Unary, x: &Part, transitions: &mut Vec<Exponent>) -> Part {
    let exponents = |exponents| Part { exponents: thinned(exponents), forms: Vec::new() };
    match function {
        Unary::Neg => Part { forms: x.forms.iter().map(|form| -*form).collect(), ..x.clone() },
        Unary::Abs => one_of(x, &unary(Unary::Neg, x, transitions)),
        Unary::Sign => Part { exponents: vec![NONE], forms: [-1.0, 1.0].map(Linear::constant).into() },
        Unary::Stop | Unary::Sum | Unary::Mean | Unary::After | Unary::Full => x.clone(),
        Unary::Exp | Unary::ExpM1 if x.forms.is_empty() => {
            transitions.extend(differences(&x.exponents, &[NONE]));
            exponents(x.exponents.iter().copied().chain([NONE]).collect())
        }
        Unary::Exp => exponents(x.forms.iter().map(|form| factors(*form)).collect()),
        Unary::ExpM1 => exponents(x.forms.iter().map(|form| factors(*form)).chain([NONE]).collect()),
        Unary::Log | Unary::Log1p => {
            let one = (function == Unary::Log1p).then_some(NONE);
            let terms: Vec<Exponent> = x.exponents.iter().copied().chain(one).collect();
            transitions.extend(differences(&terms, &terms));
            exponents(differences(&terms, &terms))
        }
        Unary::Sqrt => power(x, 0.5, transitions),
    }
}

fn binary(function: Binary, x: &Part, y: &Part, constant: Option<f64>, transitions: &mut Vec<Exponent>) -> Part {
    match (function, constant) {
        (Binary::Add, _) => sum(x, y),
        (Binary::Sub, _) => sum(x, &unary(Unary::Neg, y, transitions)),
        (Binary::Mul, _) => product(x, y),
        (Binary::Div, Some(_)) => Part { forms: Vec::new(), ..x.clone() },
        (Binary::Div, None) => product(x, &power(y, -1.0, transitions)),
        (Binary::Min | Binary::Max, _) => one_of(x, y),
        (Binary::Pow, Some(exponent)) => power(x, exponent, transitions),
        (Binary::Pow, None) => {
            transitions.extend(differences(&x.exponents, &y.exponents));
            one_of(x, y)
        }
    }
}

fn one_of(x: &Part, y: &Part) -> Part {
    let both_are_forms = !x.forms.is_empty() && !y.forms.is_empty();
    let forms = if both_are_forms { [&x.forms[..], &y.forms].concat() } else { Vec::new() };
    Part { exponents: thinned([&x.exponents[..], &y.exponents].concat()), forms: few(forms) }
}

fn sum(x: &Part, y: &Part) -> Part {
    let sums = x.forms.iter().flat_map(|a| y.forms.iter().filter_map(|b| a.plus(*b)));
    Part { exponents: one_of(x, y).exponents, forms: few(sums.collect()) }
}

fn product(x: &Part, y: &Part) -> Part {
    let products = x.forms.iter().flat_map(|a| y.forms.iter().map(|b| a.times(*b)));
    let forms = products.collect::<Option<Vec<Linear>>>().unwrap_or_default();
    Part { exponents: thinned(pairs(&x.exponents, &y.exponents, |a, b| a + b)), forms: few(forms) }
}

fn power(x: &Part, exponent: f64, transitions: &mut Vec<Exponent>) -> Part {
    let scaled = x.exponents.iter().map(|e| e.map(|factor| factor * exponent)).collect();
    let scaled = Part { exponents: thinned(scaled), forms: Vec::new() };
    if exponent.fract() == 0.0 && (1.0..=16.0).contains(&exponent) {
        return (1..exponent as u32).fold(Part { forms: Vec::new(), ..x.clone() }, |power, _| product(&power, x));
    }
    let of_terms = differences(&x.exponents, &x.exponents);
    transitions.extend(of_terms);
    scaled
}

/// Forms past a handful say nothing more.
fn few(forms: Vec<Linear>) -> Vec<Linear> {
    if forms.len() <= MANY { forms } else { Vec::new() }
}

fn factors(form: Linear) -> Exponent {
    [form.log_prob, form.log_ratio, form.log_rho]
}

fn differences(x: &[Exponent], y: &[Exponent]) -> Vec<Exponent> {
    pairs(x, y, |a, b| a - b)
}

fn pairs(x: &[Exponent], y: &[Exponent], combine: impl Fn(f64, f64) -> f64) -> Vec<Exponent> {
    let pair = |a: &Exponent, b: &Exponent| std::array::from_fn(|i| combine(a[i], b[i]));
    thinned(x.iter().flat_map(|a| y.iter().map(move |b| pair(a, b))).collect())
}

/// Sums of one to `power` of the exponents, and none: what the powers of a sum of exponentials grow by.
pub(crate) fn powers(exponents: &[Exponent], power: u32) -> Vec<Exponent> {
    let with_none = [exponents, &[NONE]].concat();
    (0..power).fold(vec![NONE], |sums, _| pairs(&sums, &with_none, |a, b| a + b))
}

/// Each once; of many, those that are extreme in one of 26 directions.
fn thinned(mut exponents: Vec<Exponent>) -> Vec<Exponent> {
    exponents.retain(|exponent| exponent.iter().all(|factor| factor.is_finite()));
    exponents.iter_mut().flatten().for_each(|factor| *factor += 0.0);
    exponents.sort_by(|a, b| a.partial_cmp(b).expect("factors are finite"));
    exponents.dedup();
    if exponents.len() <= MANY {
        return exponents;
    }
    let steps = [-1.0, 0.0, 1.0];
    let directions = steps.into_iter().flat_map(|a| steps.into_iter().flat_map(move |b| steps.map(|c| [a, b, c])));
    let along = |exponent: &Exponent, direction: &Exponent| exponent.iter().zip(direction).map(|(a, b)| a * b).sum();
    let farthest = directions.filter_map(|direction| {
        exponents.iter().copied().max_by(|a, b| f64::total_cmp(&along(a, &direction), &along(b, &direction)))
    });
    let mut farthest: Vec<Exponent> = farthest.collect();
    farthest.push(NONE);
    farthest.sort_by(|a, b| a.partial_cmp(b).expect("factors are finite"));
    farthest.dedup();
    farthest
}
