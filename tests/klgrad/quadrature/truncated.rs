//! Kinks, against the partial moments of the normal distribution.

use super::oracle::times;
use super::{against, assert_near, of, value};
use klgrad::theory::{Moment, Moments};
use std::f64::consts::PI;

/// Integrals of z^k times the standard normal density up to b, k from 0 on.
///
/// # Formula
/// I_0 = Phi(b), I_1 = -phi(b), I_k = (k - 1) I_(k-2) - b^(k-1) phi(b), by parts.
fn up_to(b: f64) -> [f64; 9] {
    let density = (-b * b / 2.0).exp() / (2.0 * PI).sqrt();
    let mut integrals = [distribution(b), -density, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    for k in 2..9 {
        integrals[k] = (k - 1) as f64 * integrals[k - 2] - b.powi(k as i32 - 1) * density;
    }
    integrals
}

/// Phi(b) = 1/2 + phi(b) (b + b^3 / 3 + b^5 / (3 5) + ..), which converges everywhere.
fn distribution(b: f64) -> f64 {
    let (mut term, mut sum, mut k) = (b, b, 1.0);
    while term.abs() > 1e-18 * sum.abs() {
        k += 2.0;
        term *= b * b / k;
        sum += term;
    }
    0.5 + sum * (-b * b / 2.0).exp() / (2.0 * PI).sqrt()
}

/// Moments of c s for c = sum of the polynomials, each between two bounds.
fn piecewise(pieces: &[(f64, f64, &[f64])]) -> [Moments; 2] {
    [&[0.0, 1.0][..], &[-1.0, 0.0, 1.0]].map(|score| {
        let integral = |power: usize| -> f64 {
            let of = |(from, to, c): &(f64, f64, &[f64])| {
                let gradient = times(c, score);
                let integrand = if power == 1 { gradient } else { times(&gradient, &gradient) };
                let (low, high) = (up_to(*from), up_to(*to));
                integrand
                    .iter()
                    .zip(high.iter().zip(low))
                    .map(|(factor, (high, low))| factor * (high - low))
                    .sum::<f64>()
            };
            pieces.iter().map(of).sum()
        };
        let mean = integral(1);
        Moments { mean: Moment::Finite(mean), variance: Moment::Finite(integral(2) - mean * mean) }
    })
}

/// So far out that nothing lies beyond.
const FAR: f64 = 12.0;

fn assert_are(text: &str, gap: f64, expected: [Moments; 2]) {
    for (found, expected) in of(&against(gap, 1.0), text).into_iter().zip(expected) {
        assert_near(found, expected, 1e-11, &format!("{text} at {gap}"));
    }
}

// With equal widths D = gap^2 / 2 - gap z.

#[test]
fn clamps_are_truncated_normals() {
    for (gap, bound) in [(1.0, 1.0), (0.3, 0.1), (2.0, 3.0), (-1.5, 0.5)] {
        let at = |d: f64| gap / 2.0 - d / gap;
        let (low, high) = (at(bound).min(at(-bound)), at(bound).max(at(-bound)));
        let d = [gap * gap / 2.0, -gap];
        let (below, above) = if gap > 0.0 { ([bound], [-bound]) } else { ([-bound], [bound]) };
        assert_are(&format!("clamp(D, -{bound}, {bound})"), gap, piecewise(&[(low, high, &[1.0])]));
        let in_reward = piecewise(&[(-FAR, low, &below), (low, high, &d), (high, FAR, &above)]);
        assert_are(&format!("reward(clamp(D, -{bound}, {bound}))"), gap, in_reward);
        assert_are(&format!("reward(max(min(D, {bound}), -{bound}))"), gap, in_reward);
        let r_bound = bound.exp();
        assert_are(&format!("reward(log(clamp(w, {}, {r_bound})))", 1.0 / r_bound), gap, in_reward);
    }
}

#[test]
fn jumps_are_where_they_are() {
    for gap in [1.0, 0.2, -3.0] {
        let middle = gap / 2.0;
        let sign = if gap > 0.0 { 1.0 } else { -1.0 };
        let jump = piecewise(&[(-FAR, middle, &[sign]), (middle, FAR, &[-sign])]);
        for text in ["abs(D)", "reward(sign(D))", "where(D < 0, -D, D)", "max(D, -D)", "sg(sign(k2 - k2 + D^3)) * logp"]
        {
            assert_are(text, gap, jump);
        }
        let d: [f64; 2] = [gap * gap / 2.0, -gap];
        let bent = piecewise(&[(-FAR, middle, &d.map(|x| sign * x)), (middle, FAR, &d.map(|x| -sign * x))]);
        assert_are("reward(abs(D))", gap, bent);
        assert_are("reward(sqrt(2 * k2))", gap, bent);
    }
}

#[test]
fn a_kink_of_what_is_not_linear_is_found() {
    // k3 has the value 1 at two points; clamped there, its coefficient 1 - r is cut off: the two sides add up to k3's.
    let problem = against(0.7, 1.2);
    let [inside, outside, whole] = ["clamp(k3, -1, 1)", "max(k3, 1)", "k3"].map(|text| of(&problem, text));
    for ((inside, outside), whole) in inside.iter().zip(outside).zip(whole) {
        let [sum, mean] = [value(inside.mean) + value(outside.mean), value(whole.mean)];
        assert!((sum - mean).abs() < 1e-12, "{sum}, not {mean}");
        let second = |moments: &Moments| value(moments.variance) + value(moments.mean).powi(2);
        assert!((second(inside) + second(&outside) - second(&whole)).abs() < 1e-11);
        assert!(second(inside) > 0.01 && second(&outside) > 0.01);
    }
}

#[test]
fn a_kink_beside_a_narrow_reference_is_found() {
    // The same clamp, with a kink that is searched for and with those of linear forms of D.
    let bound = 20f64.sqrt();
    let linear = format!("where(D < {bound}, where(D > -{bound}, k2, 0), 0)");
    for (mu, sigma) in [(0.5, 0.01), (-1.0, 1e-3), (2.5, 1e-4), (0.5, 0.3), (3.0, 20.0)] {
        let problem = against(mu, sigma);
        for (found, expected) in of(&problem, "clamp(k2, -10, 10)").into_iter().zip(of(&problem, &linear)) {
            assert_near(found, expected, 1e-8, &format!("{mu}, {sigma}"));
        }
    }
}
