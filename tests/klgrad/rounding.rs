//! What rounding adds to a mean gradient.

use klgrad::estimator::Parameter;
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Normal, Problem};
use klgrad::theory::quadrature;
use klgrad::theory::rounding::{Arithmetic, rounding};

fn problem(mu: f64, sigma: f64, mu_ref: f64, sigma_ref: f64) -> Problem {
    let normal = |mu, sigma| Normal::new(mu, sigma).expect("the standard deviation is positive");
    Problem::on_policy(normal(mu, sigma), normal(mu_ref, sigma_ref))
}

const ALL: [Arithmetic; 3] = [Arithmetic::Double, Arithmetic::Relative, Arithmetic::Article];

/// The larger of both parameters, beside the standard deviation of one sample's gradient.
fn relative(problem: &Problem, text: &str, arithmetic: Arithmetic) -> f64 {
    let d = Expr::log_ratio;
    let named = [("k1", d()), ("k2", d().pow(2.0) / 2.0), ("k3", (-d()).expm1() + d())];
    let loss = Expr::parse(text, &named).unwrap_or_else(|error| panic!("{error}"));
    let moments = quadrature::moments(problem, std::slice::from_ref(&loss))[0];
    let of = |parameter: Parameter| {
        let stdev = moments[parameter as usize].variance.finite().expect("there is a variance").sqrt();
        rounding(problem, &loss, parameter, arithmetic).of_samples / stdev
    };
    Parameter::ALL.map(of).into_iter().fold(0.0, f64::max)
}

#[test]
fn near_equality_only_differences_of_large_numbers_drown() {
    for gap in [1e-4, 1e-6] {
        let problem = problem(0.0, 1.0, gap, 1.0);
        // To leading order D is -gap z, and k3 in the reward D^2 / 2.
        for (text, power) in [("k2", 1), ("k3", 1), ("reward(k3)", 2)] {
            for arithmetic in [Arithmetic::Double, Arithmetic::Relative] {
                let found = relative(&problem, text, arithmetic);
                assert!((1e-8..1e-5).contains(&found), "{text}, {arithmetic:?}: {found:e}");
            }
            // Some 2^-24 beside gap^power.
            let found = relative(&problem, text, Arithmetic::Article) * gap.powi(power);
            assert!((1e-7..1e-5).contains(&found), "{text}: {found:e}");
        }
        assert!(relative(&problem, "k1", Arithmetic::Article) < 1e-5, "it has no D");
    }
}

#[test]
fn a_sample_far_from_0_has_few_digits() {
    for arithmetic in ALL {
        for text in ["k1", "k2", "k3"] {
            let [near, far] = [1e4, 1e6].map(|mu| relative(&problem(mu, 1.0, mu + 1.0, 1.1), text, arithmetic));
            // 2^-24 mu / sigma, times the slope of c s.
            assert!((6e-4..2e-2).contains(&near), "{text}: {near:e}");
            assert!((far / near / 100.0 - 1.0).abs() < 0.3, "{text}: {far:e} and {near:e}");
        }
    }
}

#[test]
fn at_the_articles_settings_little_is_lost() {
    for arithmetic in ALL {
        for text in
            ["k1", "k2", "k3", "-exp(-D) * D", "exp(-D)", "reward(k2)", "reward(k3)", "abs(D)", "clamp(k3, -1, 1)"]
        {
            let found = relative(&Problem::default(), text, arithmetic);
            assert!((1e-8..2e-4).contains(&found), "{text}, {arithmetic:?}: {found:e}");
        }
    }
}

#[test]
fn it_is_a_gradient_in_the_samples_unit() {
    let loss = Expr::log_ratio().pow(2.0) / 2.0;
    for arithmetic in [Arithmetic::Double, Arithmetic::Relative] {
        let of = |unit: f64| {
            rounding(&problem(unit, unit, 2.0 * unit, 1.1 * unit), &loss, Parameter::Mu, arithmetic).of_samples
        };
        assert!((of(1e-3) * 1e-3 / of(1.0) - 1.0).abs() < 1e-9);
    }
}

/// Computed as the article does, in 32-bit floats, the coefficient of the same samples is off by no more than that.
#[test]
fn a_computation_in_32_bits_is_within_it() {
    for (gap, sigma_ref) in [(1.0, 1.1), (1e-3, 1.0), (0.3, 0.5)] {
        let problem = problem(0.0, 1.0, gap, sigma_ref);
        let (mut squares, mut mass) = ([0.0; 2], 0.0);
        for cell in -40_000..40_000 {
            let z = (f64::from(cell) + 0.5) * 1e-4;
            let log = |x: f32, mu: f32, sigma: f32| {
                -((x - mu).powi(2)) / (2.0 * sigma * sigma) - sigma.ln() - (2.0 * std::f32::consts::PI).sqrt().ln()
            };
            let d = log(z as f32, 0.0, 1.0) - log(z as f32, gap as f32, sigma_ref as f32);
            let (mu_ref, sigma_ref) = (f64::from(gap as f32), f64::from(sigma_ref as f32));
            let exact = sigma_ref.ln() + (((z - mu_ref) / sigma_ref).powi(2) - z * z) / 2.0;
            let density = (-z * z / 2.0).exp();
            let off = [
                f64::from(1.0 - (-d).exp()) + (-exact).exp_m1(),
                f64::from((-d).exp() - 1.0 + d) - (-exact).exp_m1() - exact,
            ];
            squares = [0, 1].map(|i| squares[i] + density * (off[i] * z).powi(2));
            mass += density;
        }
        for (text, squares) in ["k3", "reward(k3)"].into_iter().zip(squares) {
            let bound = {
                let d = Expr::log_ratio;
                let k3 = (-d()).expm1() + d();
                let loss = if text == "k3" { k3 } else { k3.reward() };
                rounding(&problem, &loss, Parameter::Mu, Arithmetic::Article).of_samples
            };
            let found = (squares / mass).sqrt();
            assert!((0.01..1.0).contains(&(found / bound)), "{text} at {gap}: {found:e}, and {bound:e}");
        }
    }
}
