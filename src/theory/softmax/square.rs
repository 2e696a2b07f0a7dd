//! The squared norm of one sample's gradient, without the vector itself.

use super::block::Drawn;
use super::sent::Sent;
use super::tables::Tables;
use super::vocabulary_sums::VocabularySums;

/// The steps of each sequence, so that those of one row stand together, and those of one token within it.
pub(crate) fn sorted(drawn: &Drawn) -> Vec<usize> {
    let mut order: Vec<usize> = (0..drawn.entries.len()).collect();
    drawn.sequences().for_each(|(steps, _)| order[steps].sort_unstable_by_key(|&step| drawn.entries[step]));
    order
}

/// The squared norm of the gradient of one sequence, whose steps are [`sorted`].
///
/// # Formula
/// Rows are orthogonal. In a row with coefficients u_k summed by token, their sum C, and a_j at sum j over the vocabulary,
/// the gradient is u - C pi + sum_j a_j H_j, and its square
///
/// |u|^2 - 2 C u.pi + C^2 |pi|^2 + 2 sum_j a_j (u.H_j - C pi.H_j) + sum_ij a_i a_j H_i.H_j.
pub(crate) fn square(order: &[usize], entries: &[usize], sent: &Sent, tables: &Tables, sums: &VocabularySums) -> f64 {
    let rows = order.chunk_by(|&a, &b| entries[a] / tables.vocabulary == entries[b] / tables.vocabulary);
    rows.map(|steps| of_row(steps, entries, sent, tables, sums)).sum()
}

fn of_row(steps: &[usize], entries: &[usize], sent: &Sent, tables: &Tables, sums: &VocabularySums) -> f64 {
    let row = entries[steps[0]] / tables.vocabulary;
    let (mut total, mut squares, mut with_policy) = (0.0, 0.0, 0.0);
    for same in steps.chunk_by(|&a, &b| entries[a] == entries[b]) {
        let coefficient: f64 = same.iter().map(|&step| sent.coefficients[step]).sum();
        total += coefficient;
        squares += coefficient * coefficient;
        with_policy += coefficient * tables.policy[entries[same[0]]];
    }
    let drawn = squares - 2.0 * total * with_policy + total * total * tables.squares[row];
    drawn + of_sums(steps, entries, sent, total, row, sums)
}

/// What the sums over the vocabulary add to the square.
fn of_sums(steps: &[usize], entries: &[usize], sent: &Sent, total: f64, row: usize, sums: &VocabularySums) -> f64 {
    let mut sum = 0.0;
    let outer = |full: usize| sent.full[full].map_or(0.0, |outer| steps.iter().map(|&step| outer[step]).sum());
    for first in 0..sums.len() {
        let a: f64 = outer(first);
        if a != 0.0 {
            let hits = steps.iter().map(|&step| sent.coefficients[step] * sums.gradients[first][entries[step]]);
            sum += 2.0 * a * (hits.sum::<f64>() - total * sums.with_policy[first][row]);
            let products = (0..sums.len()).map(|second| outer(second) * sums.products[first][second][row]);
            sum += a * products.sum::<f64>();
        }
    }
    sum
}
