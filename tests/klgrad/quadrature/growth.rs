//! What an exponential of an exponential leaves, against sums over an even grid: which moments exist, and their values.

use super::{against, normal, of};
use crate::expr::for_all;
use crate::expr::form::{Form, forms};
use crate::random::logs;
use klgrad::estimator::expr::{Expr, Steps, Tape};
use klgrad::policy::Problem;
use klgrad::theory::quadrature::moments;
use klgrad::theory::{Moment, Moments};
use proptest::strategy::Strategy;

/// A coefficient as a function of D and r.
type Coefficient = fn(f64, f64) -> f64;

/// On- and off-policy, with a reference that is narrow and one that is wide.
fn problems() -> [Problem; 4] {
    let behaviour = normal(-0.3, 1.1);
    let [narrow, wide] = [against(0.7, 0.5), against(0.7, 1.2)];
    [narrow, wide, Problem { behaviour, ..narrow }, Problem { behaviour, ..wide }]
}

/// Mean and variance of c s, the midpoints of an even grid with weights.
fn by_grid(problem: &Problem, reach: f64, step: f64, c: impl Fn(&[Vec<f64>; 3]) -> Vec<f64>) -> [[f64; 2]; 2] {
    let points = (2.0 * reach / step) as u32;
    let z: Vec<f64> = (0..points).map(|i| (f64::from(i) + 0.5) * step - reach).collect();
    let logs = logs(problem, &z);
    // log(rho) less logp is minus the logarithm of the density under the policy that draws.
    let weights: Vec<f64> = logs[0].iter().zip(&logs[2]).map(|(own, rho)| (own - rho).exp() * step).collect();
    let c = c(&logs);
    [|z: f64| z, |z: f64| z * z - 1.0].map(|score| {
        let gradients =
            || c.iter().zip(&z).zip(&weights).filter(|(_, w)| **w > 0.0).map(|((c, &z), w)| (c * score(z), w));
        let mean: f64 = gradients().map(|(gradient, weight)| gradient * weight).sum();
        [mean, gradients().map(|(gradient, weight)| (gradient - mean).powi(2) * weight).sum()]
    })
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// With what a grid misses at a jump of the coefficient, as a part of the standard deviation.
const FINITE: [(&str, Coefficient, f64); 14] = [
    ("min(exp(r), 100)", |_, r| if r < 100f64.ln() { -r * r.exp() } else { 0.0 }, 4e-3),
    ("clamp(exp(r^2), 0, 100)", |_, r| if r * r < 100f64.ln() { -2.0 * r * r * (r * r).exp() } else { 0.0 }, 4e-3),
    ("max(-exp(r), D - 9)", |d, r| if -r.exp() > d - 9.0 { r * r.exp() } else { 1.0 }, 4e-3),
    ("where(exp(r) < 9, D, w)", |d, r| if r.exp() < 9.0 { 1.0 } else { d.exp() }, 4e-3),
    ("log(1 + exp(r))", |_, r| -r * sigmoid(r), 1e-7),
    ("log(1 + exp(D^2))", |d, _| 2.0 * d * sigmoid(d * d), 1e-7),
    ("1 / (1 + exp(r))", |_, r| r * sigmoid(r) * sigmoid(-r), 1e-7),
    ("1 / (1 + exp(exp(r)))", |_, r| r * r.min(700.0).exp() * sigmoid(r.exp()) * sigmoid(-r.exp()), 1e-7),
    ("exp(-exp(r))", |_, r| r * (-r.exp()).exp() * r.min(700.0).exp(), 1e-7),
    ("exp(-exp(r)) * D^3", |d, r| (-r.exp()).exp() * d * d * (3.0 + d * r * r.min(700.0).exp()), 1e-7),
    ("exp(-D^2)", |d, _| -2.0 * d * (-d * d).exp(), 1e-7),
    ("reward(min(log1p(exp(w)), 3))", |d, _| d.exp().exp().ln_1p().min(3.0), 1e-5),
    ("log(abs(D) + 0.01)", |d, _| d.signum() / (d.abs() + 0.01), 1e-2),
    ("1 / (D^2 + 0.001)", |d, _| -2.0 * d / (d * d + 0.001).powi(2), 1e-7),
];

#[test]
fn what_is_finite_has_its_value() {
    for problem in problems() {
        for (text, c, tolerance) in FINITE {
            let grid = by_grid(&problem, 25.0, 5e-4, |logs| {
                let values = logs[1].iter().map(|&d| c(d, (-d).exp()));
                // Beyond floats is 0 times infinity, of what vanishes.
                values.map(|c| if c.is_finite() { c } else { 0.0 }).collect()
            });
            for (Moments { mean, variance }, [other, of_grid]) in of(&problem, text).into_iter().zip(grid) {
                let what = format!("{text}, {problem:?}: {mean} and {variance}, not {other} and {of_grid}");
                let (Some(mean), Some(variance)) = (mean.finite(), variance.finite()) else { panic!("{what}") };
                assert!((mean - other).abs() <= tolerance * of_grid.sqrt(), "{what}");
                assert!((variance - of_grid).abs() <= 2.0 * tolerance * of_grid, "{what}");
            }
        }
    }
}

#[test]
fn what_is_infinite_or_not_known_is_said_to_be() {
    let [_, wide, _, off_policy] = problems();
    for problem in [wide, off_policy] {
        for text in [
            "exp(r)",
            "exp(exp(r))",
            "sqrt(1 + exp(r))",
            "log(1 + exp(exp(r)))",
            "max(exp(r), 2 * D)",
            "exp(r) + D * w",
        ] {
            assert_eq!(of(&problem, text)[0].mean, Moment::Infinite, "{text}");
        }
        // The two cancel, and a bound for each does not tell how far.
        for text in ["exp(r) / (1 + exp(r))", "exp(r) * exp(-r) + D"] {
            assert_eq!(of(&problem, text)[0].mean, Moment::Unresolved, "{text}");
        }
    }
    // D^2 is 0.09 z^2 with a linear part: times 5.45 it leaves a density that the panels do not reach, times 5.6 none.
    let equal = against(0.3, 1.0);
    let mean = |text| of(&equal, text)[0].mean;
    assert_eq!(mean("exp(5.45 * D^2)"), Moment::Unresolved);
    assert_eq!(mean("exp(5.6 * D^2)"), Moment::Infinite);
}

#[test]
fn what_is_bounded_away_from_0_is_no_pole() {
    let problem = against(0.7, 1.2);
    for text in ["log(abs(D) + 1e-9)", "1 / (abs(D) + 1e-6)", "log1p(k2 - 0.5)", "(0.001 + abs(D))^-2"] {
        for Moments { mean, variance } in of(&problem, text) {
            assert!(mean.finite().is_some() && variance.finite().is_some(), "{text}: {mean:?}, {variance:?}");
        }
    }
    // |D|^-0.7 has an integral, but a part of it lies nearer to the kink than floats are to each other.
    assert_eq!(of(&problem, "abs(D - 0.1)^0.2")[0].mean, Moment::Unresolved);
}

/// Of these, whose coefficients are finite at each sample.
fn losses() -> impl Strategy<Value = (Form, Expr)> {
    let has_poles = |form: &Form| ["/", "^", "log(", "log1p", "sqrt"].iter().any(|name| form.text().contains(name));
    let of = |form: Form| {
        let expression = Expr::parse_loss(&form.text(), &()).ok()?;
        Some((form, expression))
    };
    forms().prop_filter("may have poles", move |form| !has_poles(form)).prop_filter_map("is no loss", of)
}

fn coefficients(loss: &Expr, [log_prob, log_ratio, log_rho]: &[Vec<f64>; 3]) -> Vec<f64> {
    let mut tape = Tape::new(std::slice::from_ref(loss));
    tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho)).coefficients(0).to_vec()
}

/// The logarithms of |c z|^power times the density at these points, as far as c is within floats.
fn log_integrand(problem: &Problem, loss: &Expr, power: f64, z: &[f64]) -> Vec<f64> {
    let logs = logs(problem, z);
    let c = coefficients(loss, &logs);
    let density = logs[0].iter().zip(&logs[2]).map(|(own, rho)| own - rho);
    let all = c.iter().zip(z).zip(density).filter(|((c, _), _)| c.is_finite());
    all.map(|((&c, z), density)| power * (c.abs().ln() + z.abs().ln()) + density).collect()
}

#[test]
fn random_losses_have_the_moments_that_numbers_show() {
    let problems = problems();
    for_all(330, &(losses(), 0..problems.len()), |((form, loss), which)| {
        let problem = &problems[which];
        let Moments { mean, variance } = moments(problem, std::slice::from_ref(&loss))[0][0];
        for (moment, power) in [(mean, 1.0), (variance, 2.0)] {
            let ends = [-1.0, 1.0]
                .map(|side| log_integrand(problem, &loss, power, &[5.0, 10.0, 15.0, 20.0].map(|t| side * t)));
            // Where c is beyond floats from the second point on, it says nothing.
            let last = |end: &Vec<f64>| end.last_chunk().map(|[before, last]: &[f64; 2]| last > before);
            let what = format!("{power} of {}, {problem:?}: {moment:?}, {ends:?}", form.text());
            match moment {
                Moment::Infinite => assert!(ends.iter().any(|end| last(end) != Some(false)), "{what}"),
                Moment::Finite(_) => assert!(ends.iter().all(|end| last(end) != Some(true)), "{what}"),
                _ => {}
            }
        }
        let grids = [(14.0, 4e-3), (20.0, 2.2e-3)]
            .map(|(reach, step)| by_grid(problem, reach, step, |logs| coefficients(&loss, logs))[0]);
        let [[mean_there, variance_there], [other, of_other]] = grids;
        let tolerance = 1e-2 * variance_there.sqrt() + 1e-12;
        // Where the grid does not settle, it says nothing.
        if let (Moment::Finite(mean), Moment::Finite(variance)) = (mean, variance)
            && (mean_there - other).abs() < tolerance / 10.0
            && (variance_there - of_other).abs() < 1e-3 * variance_there
        {
            let what = format!("{}, {problem:?}: {mean}, {variance}, not {grids:?}", form.text());
            assert!((mean - mean_there).abs() <= tolerance, "{what}");
            assert!((variance - variance_there).abs() <= 2e-2 * variance_there + 1e-20, "{what}");
        }
        Ok(())
    });
}
