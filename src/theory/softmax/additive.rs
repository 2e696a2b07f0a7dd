//! Means that are additive over tokens, by recursion over positions: no sequence is enumerated.

use super::moments::Moments;
use super::sums::Sums;
use super::tables::{Tables, dot};
use super::vocabulary_sums::VocabularySums;
use crate::estimator::expr::{Expr, Steps, Tape};

/// The mean of the gradient of a loss that sees single tokens, or is linear in sums over this and the later tokens; none of
/// another. `positions` are the probabilities of rows at each position, under the policy that draws.
///
/// # Formula
/// Let b be the policy that draws, m_t(s) the probability of row s at position t, and c = u + v A the coefficient of a token,
/// with u and v of that token alone and A the sum of x over this and the later tokens. With W_t(s) the mean of what is summed
/// from position t on,
///
/// W_t(s) = sum_k b(k|s) (x(s, k) + W_(t+1)(k + 1)),
///
/// E\[g\] is the pull-back of b(k|s) (n(s) (u + v x)(s, k) + v(s, k) sum_t m_t(s) W_(t+1)(k + 1)), n = sum_t m_t.
pub(crate) fn additive(loss: &Expr, positions: &[Vec<f64>], tables: &Tables) -> Option<Moments> {
    let form = loss.to_go()?;
    let mut tape = Tape::new(std::slice::from_ref(&form.loss));
    let summed = tape.fulls();
    let over_vocabulary = || form.after.iter().zip(&summed).filter(|(after, _)| after.is_none());
    let sums = VocabularySums::of(&over_vocabulary().map(|(_, x)| x.clone()).collect::<Vec<_>>(), tables);
    let mut by_row = sums.values.iter();
    let mut given: Vec<Vec<f64>> = Vec::new();
    for after in &form.after {
        given.push(match after {
            None => by_entry(by_row.next().expect("each sum over the vocabulary has values"), tables),
            Some(_) => vec![0.0; tables.entries()],
        });
    }
    let alone = sent(&mut tape, &given, tables);
    let is_after = |full: usize| form.after[full].is_some();
    if (0..given.len()).any(|full| is_after(full) && alone.full[full].iter().any(|outer| *outer != 0.0)) {
        // A gradient flows through the sum over later tokens to each of these.
        return None;
    }
    let n: Vec<f64> = (0..tables.squares.len()).map(|row| positions.iter().map(|at| at[row]).sum()).collect();
    let mut mean = alone.times(&by_entry(&n, tables));
    for (full, x) in form.after.iter().enumerate().filter_map(|(full, after)| Some((full, after.as_ref()?))) {
        given[full].fill(1.0);
        let slope = sent(&mut tape, &given, tables).less(&alone);
        given[full].fill(0.0);
        mean.add(&slope.times(&later(&values(x, tables), &n, positions, tables)));
    }
    Some(mean.moments(is_after, &sums, tables))
}

/// The number of each row, at each of its entries.
fn by_entry(rows: &[f64], tables: &Tables) -> Vec<f64> {
    rows.iter().flat_map(|row| std::iter::repeat_n(*row, tables.vocabulary)).collect()
}

/// The value of an expression of a single token at each entry.
fn values(x: &Expr, tables: &Tables) -> Vec<f64> {
    let mut tape = Tape::new(std::slice::from_ref(x));
    let sums = VocabularySums::of(&tape.fulls(), tables);
    let full: Vec<Vec<f64>> = sums.values.iter().map(|rows| by_entry(rows, tables)).collect();
    let steps = Steps::samples(&tables.log_prob, &tables.log_ratio, &tables.log_rho);
    tape.evaluate(steps.with_full(&full)).values(0).to_vec()
}

/// n(s) x(s, k) + sum_t m_t(s) W_(t+1)(k + 1).
fn later(x: &[f64], n: &[f64], positions: &[Vec<f64>], tables: &Tables) -> Vec<f64> {
    let vocabulary = tables.vocabulary;
    let rows = || tables.behaviour.chunks(vocabulary).zip(x.chunks(vocabulary));
    let of_rows: Vec<f64> = rows().map(|(b, x)| dot(b, x)).collect();
    let mut sum: Vec<f64> = x.iter().enumerate().map(|(entry, x)| n[entry / vocabulary] * x).collect();
    let mut after = vec![0.0; vocabulary];
    for at in positions.iter().rev() {
        // Nothing comes after the end, the last token.
        for (to, at) in sum.chunks_mut(vocabulary).zip(at) {
            to.iter_mut().zip(&after[1..]).for_each(|(to, after)| *to += at * after);
        }
        if n.len() > 1 {
            let means = rows().map(|(b, _)| dot(&b[..vocabulary - 1], &after[1..]));
            after = of_rows.iter().zip(means).map(|(here, later)| here + later).collect();
        }
    }
    sum
}

/// What a token sends from each entry: to log pi_theta, and to each sum.
struct Sent {
    coefficients: Vec<f64>,
    full: Vec<Vec<f64>>,
}

/// With these values of sums.
fn sent(tape: &mut Tape, given: &[Vec<f64>], tables: &Tables) -> Sent {
    /// As many entries as stay in the processor's cache.
    const ENTRIES: usize = 512;
    let mut all = Sent { coefficients: Vec::with_capacity(tables.entries()), full: vec![Vec::new(); given.len()] };
    for start in (0..tables.entries()).step_by(ENTRIES) {
        let range = start..(start + ENTRIES).min(tables.entries());
        let [log_prob, log_ratio, log_rho] =
            [&tables.log_prob, &tables.log_ratio, &tables.log_rho].map(|log| &log[range.clone()]);
        let full: Vec<Vec<f64>> = given.iter().map(|values| values[range.clone()].to_vec()).collect();
        let mut block = tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho).with_full(&full));
        all.coefficients.extend(block.coefficients(0));
        for (index, to) in all.full.iter_mut().enumerate() {
            match block.full_coefficients(index) {
                Some(outer) => to.extend(outer),
                None => to.resize(range.end, 0.0),
            }
        }
    }
    all
}

impl Sent {
    fn each(&self, of: impl Fn(usize, f64) -> f64) -> Self {
        let all = |numbers: &Vec<f64>| numbers.iter().enumerate().map(|(entry, number)| of(entry, *number)).collect();
        Self { coefficients: all(&self.coefficients), full: self.full.iter().map(all).collect() }
    }

    fn times(&self, factors: &[f64]) -> Self {
        self.each(|entry, number| number * factors[entry])
    }

    fn less(self, other: &Self) -> Self {
        let difference = |a: Vec<f64>, b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let full = self.full.into_iter().zip(&other.full).map(|(a, b)| difference(a, b)).collect();
        Self { coefficients: difference(self.coefficients, &other.coefficients), full }
    }

    fn add(&mut self, other: &Self) {
        let add = |to: &mut Vec<f64>, from: &Vec<f64>| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.coefficients, &other.coefficients);
        self.full.iter_mut().zip(&other.full).for_each(|(to, from)| add(to, from));
    }

    /// Weighted by the probabilities of the policy that draws, and pulled back.
    fn moments(self, is_after: impl Fn(usize) -> bool, sums: &VocabularySums, tables: &Tables) -> Moments {
        let mut gathered = Sums::new(tables, sums);
        let full = self.full.iter().enumerate().filter(|(full, _)| !is_after(*full)).map(|(_, outer)| outer);
        gathered.add_all(&tables.behaviour, &self.coefficients, full, tables.vocabulary);
        let (rounding, coefficients) = (gathered.rounding(), gathered.coefficients());
        Moments { mean: gathered.gradient(tables, sums), rounding, coefficients, square: None }
    }
}
