use super::Expr;
use super::gradient::{self, Gradient};
use super::plan::Plan;
use super::steps::Steps;
use super::values::{self, Values};

/// Evaluates expressions on many steps at once, and their gradient coefficients by reverse mode, in 64 bits.
///
/// What several expressions have in common is computed once. Each operation runs over a whole block of steps before the
/// next one does; a block of some hundreds of steps stays in the processor's cache. The memory is kept from block to
/// block: none is allocated once the largest block has been seen. A thread needs a tape of its own, which may be a clone.
#[derive(Clone, Debug)]
pub struct Tape {
    plan: Plan,
    /// Of each node a number for each step; a number for the whole sequence stands at each of its steps.
    values: Vec<f64>,
    gradient: Gradient,
}

/// The values of a [`Tape`]'s expressions on a block of steps.
#[derive(Debug)]
pub struct Evaluated<'a> {
    tape: &'a mut Tape,
    steps: Steps<'a>,
}

impl Tape {
    /// For these expressions, which keep their order.
    pub fn new(expressions: &[Expr]) -> Self {
        Self { plan: Plan::new(expressions), values: Vec::new(), gradient: Gradient::default() }
    }

    /// What `full` sums over the vocabulary, in the order in which [`Steps::with_full`] takes the sums.
    pub fn fulls(&self) -> Vec<Expr> {
        let summed = self.plan.fulls.iter().flat_map(|&id| self.plan.nodes[id].children());
        summed.map(|id| Expr::of_list(&self.plan.nodes, id)).collect()
    }

    /// Computes the values of all expressions on a block.
    ///
    /// # Panics
    ///
    /// Where an expression sums over the vocabulary, and the steps come without these sums.
    pub fn evaluate<'a>(&'a mut self, steps: Steps<'a>) -> Evaluated<'a> {
        let count = self.plan.nodes.len() * steps.len();
        self.values.resize(count.max(self.values.len()), 0.0);
        values::evaluate(&self.plan, &steps, &mut self.values[..count]);
        Evaluated { tape: self, steps }
    }
}

impl Evaluated<'_> {
    /// The values of an expression at each step; a number for the whole sequence is repeated at each of its steps.
    pub fn values(&self, expression: usize) -> &[f64] {
        let values = Values { numbers: &self.tape.values, count: self.steps.len() };
        values.of(self.tape.plan.roots[expression])
    }

    /// The loss of each sequence: the sum over its tokens, or its one number.
    pub fn losses(&self, expression: usize) -> impl Iterator<Item = f64> {
        let values = self.values(expression);
        let plan = &self.tape.plan;
        let per_token = plan.facts[plan.roots[expression]].per_token;
        self.steps.sequences().map(move |tokens| match per_token {
            true => values[tokens].iter().sum(),
            false => values[tokens.start],
        })
    }

    /// The gradient coefficient of each step: the derivative of the loss of its sequence with respect to its log pi_theta.
    pub fn coefficients(&mut self, expression: usize) -> &[f64] {
        let Tape { plan, values, gradient } = &mut *self.tape;
        let values = Values { numbers: values, count: self.steps.len() };
        gradient::differentiate(plan, expression, &self.steps, values, gradient);
        &gradient.coefficients.sums
    }

    /// Puts the gradient coefficients in place of these numbers, whose memory is used again.
    pub(crate) fn swap_coefficients(&mut self, expression: usize, numbers: &mut Vec<f64>) {
        self.coefficients(expression);
        std::mem::swap(numbers, &mut self.tape.gradient.coefficients.sums);
    }

    /// The derivative of the loss of its sequence with respect to the value of a sum over the vocabulary at each step, of the
    /// expression whose [`Self::coefficients`] were asked for last; none where it is 0.
    pub fn full_coefficients(&self, full: usize) -> Option<&[f64]> {
        self.tape.gradient.at(self.tape.plan.fulls[full], self.steps.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Together they have every operation.
    const EXPRESSIONS: [&str; 6] = [
        "exp(abs(D)) * expm1(-D) - log(w + 1) / log1p(w) + sqrt(abs(D))",
        "clamp(D, -1, 1) * sign(logp) + min(D, logp) - max(rho, 2 * w)",
        "D^3 + w^-5 + (D + w)^2 + abs(D)^1.5 + w^D + (D + w)^13",
        "where(D < 0, where(D <= -1, r * w, D), where(D > 1, w * D, where(logp >= -2, rho, D)))",
        "after(mean(D * rho) * w) + sum(D^2) / length",
        "sg(rho) * logp",
    ];

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let plan = Plan::new(&EXPRESSIONS.map(|text| Expr::parse(text, &()).expect("it is in the language")));
        for count in [0, 1, 3, 16, 259] {
            let numbers = |factor: f64| (0..count).map(|i| 3.0 * (factor * i as f64).sin()).collect::<Vec<f64>>();
            let logs = [1.0, 2.0, 3.0].map(numbers);
            let ends = [count / 3, count];
            let single = Steps::samples(&logs[0], &logs[1], &logs[2]);
            let steps = if ends[0] > 0 { single.in_sequences(&ends) } else { single };
            let mut numbers = [0; 2].map(|_| vec![0.0; plan.nodes.len() * count]);
            values::evaluate(&plan, &steps, &mut numbers[0]);
            // Not dispatched: compiled for the oldest CPU that the target allows.
            values::evaluate_inlined(&plan, &steps, &mut numbers[1]);
            assert_eq!(bits(&numbers[0]), bits(&numbers[1]), "{count} steps");

            let values = Values { numbers: &numbers[0], count };
            for (expression, text) in EXPRESSIONS.iter().enumerate() {
                let mut gradients = [Gradient::default(), Gradient::default()];
                gradient::differentiate(&plan, expression, &steps, values, &mut gradients[0]);
                gradient::differentiate_inlined(&plan, expression, &steps, values, &mut gradients[1]);
                let [ours, oldest] = gradients.each_ref().map(|gradient| bits(&gradient.coefficients.sums));
                assert_eq!(ours, oldest, "{text}, {count} steps");
            }
        }
    }

    /// Every NaN counts as the same: which of two is passed on, compilers choose.
    fn bits(numbers: &[f64]) -> Vec<u64> {
        numbers.iter().map(|number| if number.is_nan() { f64::NAN } else { *number }.to_bits()).collect()
    }
}
