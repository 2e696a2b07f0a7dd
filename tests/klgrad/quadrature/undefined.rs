//! Losses that are not a number for a part of the samples.

use super::{against, expression, of};
use klgrad::theory::Moment;
use klgrad::theory::quadrature::{Undefined, undefined};

#[test]
fn a_part_of_the_samples_without_a_number_leaves_no_moment() {
    // With equal widths and the gap 1, D is 1/2 - x.
    let problem = against(1.0, 1.0);
    let infinity = f64::INFINITY;
    let expected = [
        ("sqrt(D + 1)", vec![[1.5, infinity]], 0.066807),
        ("reward(log(D))", vec![[0.5, infinity]], 0.308538),
        ("sqrt(1 - D^2)", vec![[-infinity, -0.5], [1.5, infinity]], 0.375345),
        ("D ^ D", vec![[0.5, infinity]], 0.308538),
        ("sqrt(-1 - D^2)", vec![[-infinity, infinity]], 1.0),
    ];
    for (text, intervals, probability) in expected {
        assert!(of(&problem, text).iter().all(|m| [m.mean, m.variance] == [Moment::Undefined; 2]), "{text}");
        let Undefined { intervals: found, probability: of_samples } = undefined(&problem, &expression(text)).unwrap();
        assert_eq!(found.len(), intervals.len(), "{text}: {found:?}");
        for (found, expected) in found.as_flattened().iter().zip(intervals.as_flattened()) {
            assert!(found == expected || (found - expected).abs() < 1e-6, "{text}: {found}, not {expected}");
        }
        assert!((of_samples - probability).abs() < 1e-6, "{text}: {of_samples}");
    }
}

#[test]
fn what_is_a_number_for_all_samples_that_are_drawn_has_moments() {
    let problem = against(1.0, 1.0);
    for text in ["sqrt(D + 100)", "log(1 + exp(exp(r)))", "exp(r) / (1 + exp(r))", "k3"] {
        assert_eq!(undefined(&problem, &expression(text)), None, "{text}");
        assert_ne!(of(&problem, text)[0].mean, Moment::Undefined, "{text}");
    }
}
