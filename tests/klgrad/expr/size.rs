//! How large the terms are that a formula and its derivatives are sums of.

use super::form::Form::{self, Binary, Clamp, Leaf, Number, Unary, Where};

/// The value at each token, the sum of the absolute terms that it is made of, and the same of its derivatives.
#[derive(Clone, Debug)]
pub struct Size {
    value: Vec<f64>,
    terms: Vec<f64>,
    /// Row t: the sum of the absolute terms of the derivative of token t with respect to each token's log-probability.
    slopes: Vec<Vec<f64>>,
    per_token: bool,
}

/// At a kink, or so near that rounding could take it across.
const KINK: f64 = 1e-9;
/// Above it a number counts as overflown.
const LARGE: f64 = 1e9;
/// How much larger than an argument its terms may be.
const CANCELLED: f64 = 1e3;

impl Size {
    /// Of a formula on these steps; none where it is near a kink, overflows or cancels to nothing.
    pub fn of(form: &Form, logs: &[Vec<f64>; 3]) -> Option<Self> {
        let child = |form: &Form| Self::of(form, logs);
        let size = match form {
            Number(number) => Self::number(*number, logs[0].len()),
            Leaf("length") => Self::number(logs[0].len() as f64, logs[0].len()),
            Leaf(name) => Self::leaf(name, logs),
            Unary(name, x) => child(x)?.unary(name)?,
            Binary(name, x, y) => child(x)?.binary(name, &child(y)?)?,
            Clamp(x, low, high) => {
                let (x, length) = (child(x)?, logs[0].len());
                let x = x.apart(&Self::number(*low, length))?.apart(&Self::number(*high, length))?;
                x.map(|value| (value.clamp(*low, *high), f64::from(value > *low && value < *high)))
            }
            Where(symbol, of) => {
                let [a, b, x, y] = of.each_ref().map(child);
                let (a, b, x, y) = (a?, b?, x?, y?);
                a.clone().apart(&b)?;
                let less = matches!(*symbol, "<" | "<=");
                x.zip(&y, |t, x, y| if (a.value[t] < b.value[t]) == less { (x, 1.0, 0.0) } else { (y, 0.0, 1.0) })
                    .spread(a.per_token || b.per_token)
            }
        };
        let all = size.value.iter().chain(&size.terms).chain(size.slopes.iter().flatten());
        all.copied().all(|number| number.abs() < LARGE).then_some(size)
    }

    /// The sum of the absolute terms of each coefficient of the loss.
    pub fn coefficients(&self) -> Vec<f64> {
        let tokens = if self.per_token { self.value.len() } else { 1 };
        column_sums(&self.slopes[..tokens])
    }

    /// The sum of the absolute terms of the loss.
    pub fn loss_terms(&self) -> f64 {
        if self.per_token { self.terms.iter().sum() } else { self.terms[0] }
    }

    fn number(number: f64, length: usize) -> Self {
        let slopes = vec![vec![0.0; length]; length];
        Self { value: vec![number; length], terms: vec![number.abs(); length], slopes, per_token: false }
    }

    fn leaf(name: &str, [logp, reference, old]: &[Vec<f64>; 3]) -> Self {
        let mut size = Self::number(0.0, logp.len());
        size.per_token = true;
        for t in 0..logp.len() {
            let (difference, other) =
                if name == "rho" { (logp[t] - old[t], old[t]) } else { (logp[t] - reference[t], reference[t]) };
            let (value, slope) = match name {
                "logp" => (logp[t], 1.0),
                "ref" => (reference[t], 0.0),
                "old" => (old[t], 0.0),
                "D" => (difference, 1.0),
                "r" => ((-difference).exp(), (-difference).exp()),
                _ => (difference.exp(), difference.exp()),
            };
            size.value[t] = value;
            size.terms[t] = value.abs() * (1.0 + logp[t].abs() + other.abs());
            size.slopes[t][t] = slope;
        }
        size
    }

    fn unary(self, name: &str) -> Option<Self> {
        Some(match name {
            "-" => self.map(|x| (-x, 1.0)),
            "exp" => self.map(|x| (x.exp(), x.exp())),
            "expm1" => self.map(|x| (x.exp_m1(), x.exp())),
            "log" => self.away_from(0.0)?.map(|x| (x.ln(), 1.0 / x)),
            "log1p" => self.away_from(-1.0)?.map(|x| (x.ln_1p(), 1.0 / (1.0 + x))),
            "sqrt" => self.away_from(0.0)?.map(|x| (x.sqrt(), 0.5 / x.sqrt())),
            "abs" => self.away_from(0.0)?.map(|x| (x.abs(), 1.0)),
            "sign" => self.away_from(0.0)?.map(|x| (x.signum(), 0.0)),
            "sum" | "mean" | "after" => self.over_tokens(name),
            _ => self.map(|x| (x, 0.0)),
        })
    }

    fn binary(self, name: &str, other: &Self) -> Option<Self> {
        Some(match name {
            "+" => self.zip(other, |_, x, y| (x + y, 1.0, 1.0)),
            "-" => self.zip(other, |_, x, y| (x - y, 1.0, 1.0)),
            "*" => self.zip(other, |_, x, y| (x * y, y, x)),
            "/" => self.zip(&other.clone().away_from(0.0)?, |_, x, y| (x / y, 1.0 / y, x / (y * y))),
            "^" => {
                // The derivative with respect to the exponent has the logarithm of the base.
                let is_live = other.slopes.iter().flatten().any(|slope| *slope != 0.0);
                let right = |x: f64, y| if is_live { x.powf(y) * x.ln() } else { 0.0 };
                self.away_from(0.0)?.zip(other, |_, x, y| (x.powf(y), y * x.powf(y - 1.0), right(x, y)))
            }
            "min" => self.apart(other)?.zip(other, |_, x, y| if x < y { (x, 1.0, 0.0) } else { (y, 0.0, 1.0) }),
            _ => self.apart(other)?.zip(other, |_, x, y| if x > y { (x, 1.0, 0.0) } else { (y, 0.0, 1.0) }),
        })
    }

    fn over_tokens(self, name: &str) -> Self {
        if !self.per_token && name != "after" {
            return self;
        }
        let length = self.value.len();
        let scale = if name == "mean" { 1.0 / length as f64 } else { 1.0 };
        let from = |t: usize| if name == "after" { t } else { 0 };
        let sums = |numbers: &[f64]| (0..length).map(|t| numbers[from(t)..].iter().sum::<f64>() * scale).collect();
        let slopes = |t: usize| column_sums(&self.slopes[from(t)..]).iter().map(|slope| slope * scale).collect();
        Self {
            value: sums(&self.value),
            terms: sums(&self.terms),
            slopes: (0..length).map(slopes).collect(),
            per_token: name == "after",
        }
    }

    /// None where an argument comes near a point, or its terms cancel so far that rounding shows.
    fn away_from(self, point: f64) -> Option<Self> {
        let near = |(x, terms): (&f64, &f64)| (x - point).abs() < KINK.max(terms / CANCELLED);
        (!self.value.iter().zip(&self.terms).any(near)).then_some(self)
    }

    fn apart(self, other: &Self) -> Option<Self> {
        let near = |t: usize| (self.value[t] - other.value[t]).abs() < KINK * (1.0 + self.terms[t] + other.terms[t]);
        (!(0..self.value.len()).any(near)).then_some(self)
    }

    fn spread(self, per_token: bool) -> Self {
        Self { per_token: self.per_token || per_token, ..self }
    }

    /// A function, given its value and derivative.
    fn map(mut self, f: impl Fn(f64) -> (f64, f64)) -> Self {
        for t in 0..self.value.len() {
            let (value, slope) = f(self.value[t]);
            self.value[t] = value;
            self.terms[t] = value.abs() + slope.abs() * self.terms[t];
            self.slopes[t].iter_mut().for_each(|term| *term *= slope.abs());
        }
        self
    }

    /// A function of two, given its value and derivatives.
    fn zip(mut self, other: &Self, f: impl Fn(usize, f64, f64) -> (f64, f64, f64)) -> Self {
        for t in 0..self.value.len() {
            let (value, left, right) = f(t, self.value[t], other.value[t]);
            self.value[t] = value;
            self.terms[t] = left.abs() * self.terms[t] + right.abs() * other.terms[t];
            for (term, more) in self.slopes[t].iter_mut().zip(&other.slopes[t]) {
                *term = left.abs() * *term + right.abs() * more;
            }
        }
        self.spread(other.per_token)
    }
}

fn column_sums(rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; rows[0].len()];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, term)| *sum += term);
    }
    sums
}
