use super::full::of_one_token;
use super::tape::Tape;
use super::{Error, ErrorKind, Expr, Steps};

/// How long the text of an expression may be.
pub(super) const MAX_CHARACTERS: usize = 4_000;

/// How deep brackets, functions and exponents may stand within each other in a text.
pub(super) const MAX_LEVELS: usize = 100;

impl Expr {
    /// Whether it is a loss: a gradient flows from it to `logp` outside of `sg`, and value and gradient coefficient are finite
    /// at D = 0, where `logp`, `ref` and `old` are equal (-1, at a single sample).
    pub fn check(&self) -> Result<(), Error> {
        problem(self).map_or(Ok(()), |kind| {
            let text = self.to_string();
            Err(Error { kind, span: 0..text.len(), text })
        })
    }
}

/// Why it is not a loss, if it is not.
pub(super) fn problem(expression: &Expr) -> Option<ErrorKind> {
    if !expression.facts().live {
        return Some(ErrorKind::NoGradient(None));
    }
    if let Some(name) = expression.within_full() {
        return Some(ErrorKind::WithinFull(name));
    }
    let mut tape = Tape::new(std::slice::from_ref(expression));
    let at_equality = Steps::samples(&[-1.0], &[0.0], &[0.0]);
    let summed = tape.fulls();
    let full = of_one_token(&summed, at_equality);
    let mut block = tape.evaluate(at_equality.with_full(&full));
    let (value, mut coefficient) = (block.values(0)[0], block.coefficients(0)[0]);
    let mut within = Tape::new(&summed);
    let mut within = within.evaluate(at_equality);
    for (index, sum) in full.iter().enumerate() {
        let outer = block.full_coefficients(index).map_or(0.0, |outer| outer[0]);
        coefficient += outer * (sum[0] + within.coefficients(index)[0]);
    }
    let finite = value.is_finite() && coefficient.is_finite();
    (!finite).then_some(ErrorKind::NotFinite(value, coefficient))
}
