//! Exact numbers against enumeration, finite differences and closed forms.

#[cfg(feature = "libtorch")]
mod autograd;
mod exact;
mod gradient;
mod run;

use crate::policy::Softmax;

/// Every sequence, as entries, and its probability.
fn sequences(policy: &Softmax) -> Vec<(Vec<usize>, f64)> {
    let (mut open, mut done) = (vec![(Vec::new(), 0, 1.0)], Vec::new());
    while let Some((entries, row, probability)) = open.pop() {
        for token in 0..policy.vocabulary() {
            let entry = row * policy.vocabulary() + token;
            let entries: Vec<usize> = entries.iter().copied().chain([entry]).collect();
            let probability = probability * policy.log_probs()[entry].exp();
            match policy.next(row, token).filter(|_| entries.len() < policy.max_length()) {
                Some(next) => open.push((entries, next, probability)),
                None => done.push((entries, probability)),
            }
        }
    }
    done
}
