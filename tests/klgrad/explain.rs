//! Which divergence a loss follows, where it is dead, and what else its coefficient tells.

use crate::expr::for_all;
use crate::expr::form::forms;
use crate::named;
use klgrad::catalogue::pages as pages_of;
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Estimator, TABLE, Table};
use klgrad::explain::{Explanation, Growth, Known, Range, Value, ends, explain, follows};
use klgrad::policy::Problem;
use proptest::prelude::*;

fn parsed(text: &str) -> Expr {
    Expr::parse_loss(text, &Table).unwrap()
}

fn page(text: &str) -> Explanation {
    explain(&parsed(text))
}

const INF: f64 = f64::INFINITY;

/// By hand, from the table's column of coefficients.
#[test]
fn every_row_of_the_table_follows_what_its_coefficient_says() {
    let expected = |name: &str| match name {
        "k1" | "k1_clamped" => "nothing",
        "k3" | "reverse_k2" | "sg_rho_k3" | "k3_clamped" => "KL(ref||theta)",
        "reverse_k1" => "KL(ref||theta) + E_ref[D^2]/2",
        "k2_in_reward" => "-KL(theta||ref) + E[D^2]/2",
        "k3_in_reward" => "KL(theta||ref) - KL(ref||theta)",
        "reverse_k1_in_reward" => "-E_ref[D^2]/2",
        "reverse_k2_in_reward" => "-KL(ref||theta)",
        "abs" => "2 TV",
        "chi2" => "1/2 chi2(theta||ref)",
        "rho_k2" | "self_k2" => "E[D^2]/2",
        _ => "KL(theta||ref)",
    };
    for row in &TABLE {
        let found = explain(row.estimator().expression());
        assert_eq!(found.follows.to_string(), expected(row.name), "{}", row.name);
        // Weighted with a ratio to the policy that drew, or with nothing.
        assert_eq!(found.off_policy, Some(row.name.contains("rho_")), "{}", row.name);
        let off_policy = if row.name.contains("rho_") { expected(row.name) } else { "none of those known" };
        assert_eq!(follows(&parsed(row.expression), false).to_string(), off_policy, "{} off-policy", row.name);
    }
}

/// d/d mu and d/d sigma of E[v(D)] by central differences is E[c(D) s], both by Simpson's rule.
#[test]
fn the_coefficient_of_each_divergence_is_its_gradient() {
    let log_ratio = |x: f64, [mu, sigma]: [f64; 2]| {
        let z = (x - mu) / sigma;
        (x - 0.4).powi(2) / (2.0 * 0.81) - z * z / 2.0 + (0.9 / sigma).ln()
    };
    let expectation = |[mu, sigma]: [f64; 2], of: &dyn Fn(f64, f64) -> f64| {
        let (steps, h) = (24_000, 1e-3);
        let term = |step: i32| {
            let z = f64::from(step) * h - 12.0;
            let weight = if step == 0 || step == steps { 1.0 } else { 2.0 + 2.0 * f64::from(step % 2) };
            weight * of(mu + sigma * z, z) * (-z * z / 2.0).exp()
        };
        (0..=steps).map(term).sum::<f64>() * h / 3.0 / (2.0 * std::f64::consts::PI).sqrt()
    };
    let at = [0.1, 0.8];
    let known = Known::DIVERGENCES.into_iter().chain([Known::Entropy]);
    for known in known {
        // The entropy is that of log pi_theta.
        let d = |x: f64, normal: [f64; 2]| match known {
            Known::Entropy => -((x - normal[0]) / normal[1]).powi(2) / 2.0 - normal[1].ln() - 0.918_938_533_204_672_7,
            _ => log_ratio(x, normal),
        };
        let value = |normal: [f64; 2]| expectation(normal, &|x, _| known.value(d(x, normal)));
        let scores: [fn(f64) -> f64; 2] = [|z| z, |z| z * z - 1.0];
        for (parameter, score) in scores.into_iter().enumerate() {
            let moved = |by: f64| {
                let mut normal = at;
                normal[parameter] += by;
                value(normal)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let gradient = expectation(at, &|x, z| known.coefficient(d(x, at)) * score(z) / at[1]);
            // A jump lies anywhere in an interval of 1e-3.
            let within = if matches!(known, Known::TotalVariation | Known::Absolute) { 5e-4 } else { 1e-6 };
            assert!((slope - gradient).abs() < within, "{known}: {slope}, not {gradient}");
        }
    }
}

/// Losses in the reward whose coefficients are those of the known divergences.
const REWARDS: [&str; 10] = [
    "D",
    "-r",
    "2 * w",
    "-r^2",
    "D + D^2 / 2",
    "D * r",
    "sign(D) / 2",
    "sign(D) + abs(D)",
    "log(2 * w / (1 + w)) / 2",
    "-exp(-D / 2)",
];

/// Up to three of them with factors: the fewest that make it up are found, a constant is not seen.
#[test]
fn combinations_are_found() {
    let members = proptest::sample::subsequence((0..10usize).collect::<Vec<_>>(), 0..=3);
    let factor = (1..40i32, any::<bool>())
        .prop_map(|(eighths, negative)| f64::from(if negative { -eighths } else { eighths }) / 8.0);
    for_all(100, &(members, proptest::array::uniform3(factor), -3.0..3.0f64), |(members, factors, constant)| {
        let terms: Vec<(f64, usize)> = factors.into_iter().zip(members).collect();
        let sum = terms.iter().fold(Expr::from(constant), |sum, (factor, member)| {
            sum + Expr::parse(&format!("{factor} * ({})", REWARDS[*member]), &()).unwrap()
        });
        let found = follows(&sum.reward(), true).known.expect("it is a combination");
        prop_assert_eq!(found.0.len(), terms.len());
        for ((found, known), (factor, member)) in found.0.iter().zip(terms) {
            prop_assert_eq!(*known, Known::DIVERGENCES[member]);
            prop_assert!((found - factor).abs() < 1e-6);
        }
        Ok(())
    });
}

fn near(found: &[Range], expected: &[Range]) -> bool {
    let same = |a: f64, b: f64| a == b || (a - b).abs() < 1e-6;
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| same(found[0], expected[0]) && same(found[1], expected[1]))
}

/// Where r - 1 + D is 10.
fn k3_at_ten() -> [f64; 2] {
    [-2.5, 11.0].map(|start: f64| (0..50).fold(start, |d, _| d - ((-d).exp() - 11.0 + d) / (1.0 - (-d).exp())))
}

#[test]
fn clamps_are_dead_in_the_loss_and_flat_in_the_reward() {
    let [low, high] = k3_at_ten();
    let clamped = page("clamp(k3, -10, 10)");
    assert!(near(&clamped.dead, &[[-INF, low], [high, INF]]) && clamped.flat.is_empty(), "{clamped:?}");
    assert!(near(&clamped.wrong_way, &[[low, low], [high, high]]), "{clamped:?}");
    assert!(near(&[clamped.stretch.unwrap()], &[[low, high]]), "{clamped:?}");
    // The inner clamp lies where the outer one is flat.
    let doubly = page("clamp(exp(clamp(-D, -20, 20)) - clamp(-D, -20, 20) - 1, -10, 10)");
    assert!(near(&doubly.dead, &clamped.dead) && near(&doubly.wrong_way, &clamped.wrong_way), "{doubly:?}");

    let in_reward = page("reward(clamp(k3, -10, 10))");
    assert!(near(&in_reward.flat, &[[-INF, low], [high, INF]]) && in_reward.dead.is_empty(), "{in_reward:?}");
    assert!(near(&in_reward.wrong_way, &[[low, 0.0]]), "{in_reward:?}");
    assert_eq!(in_reward.pull, Some(0.0));

    let k1 = page("clamp(D, -10, 10)");
    assert!(near(&k1.dead, &[[-INF, -10.0], [10.0, INF]]) && near(&k1.flat, &[[-10.0, 10.0]]), "{k1:?}");
    assert!(near(&k1.wrong_way, &[[10.0, 10.0]]), "{k1:?}");
}

/// Where c falls, by hand.
#[test]
fn the_wrong_way_is_where_the_coefficient_falls() {
    let cases: [(&str, &[Range]); 9] = [
        ("k2", &[]),
        ("k3", &[]),
        ("abs(D)", &[]),
        ("-k2", &[[-INF, INF]]),
        ("reward(k2)", &[[-INF, 0.0]]),
        // c = D + D^2 / 2.
        ("exp(logp - sg(logp)) * k2", &[[-INF, -1.0]]),
        // c = D, of terms that cancel: r and its own derivative.
        ("rho * k3", &[]),
        // c e^-D = 2 D e^-D, which is no float beyond 745.
        ("(logp - old)^2", &[[1.0, INF]]),
        ("reward(D^3 - 3 * D)", &[[-1.0, 1.0]]),
    ];
    for (text, expected) in cases {
        let found = page(text).wrong_way;
        assert!(near(&found, expected), "{text}: {found:?}");
    }
}

#[test]
fn the_pull_near_the_reference_is_the_slope_of_the_coefficient() {
    let cases = [
        ("k1", Some(0.0)),
        ("k2", Some(1.0)),
        ("k3", Some(1.0)),
        ("reward(k3)", Some(0.0)),
        ("abs(D)", None),
        ("reward(abs(D))", None),
        ("abs(D)^3", Some(0.0)),
        ("where(D < 0, k2, 2 * k2)", None),
        ("chi2 / 4", Some(0.25)),
        // At 0 a tie of the clamp, and a jump that rounding hides.
        ("clamp(k3, 0, 0.5)", Some(1.0)),
        ("abs(r - 1)", None),
    ];
    for (text, expected) in cases {
        let found = page(text).pull;
        let same = found.zip(expected).map_or(found == expected, |(found, expected)| (found - expected).abs() < 1e-6);
        assert!(same, "{text}: {found:?}");
    }
}

#[test]
fn without_a_reference_the_sampler_stands_in_its_place() {
    for (text, expected) in [
        ("(logp - old)^2", "2 E_ref[D^2]/2 [ref = old]"),
        ("0.05 * (logp - old)^2", "0.1 E_ref[D^2]/2 [ref = old]"),
        ("-(logp - old)", "KL(ref||theta) [ref = old]"),
        ("rho * (logp - old)", "KL(theta||ref) [ref = old]"),
        ("sg(5) * rho", "nothing [ref = old]"),
        ("abs(logp - old)", "none of those known [ref = old]"),
        // In log pi_theta alone: the entropy's.
        ("reward(logp)", "-entropy(theta)"),
        ("rho * sg(logp)", "-entropy(theta)"),
        ("logp", "nothing"),
        // In D and in log pi_theta beside it.
        ("k2 + reward(logp)", "KL(theta||ref) - entropy(theta)"),
        ("reward(k3 + 0.1 * logp)", "KL(theta||ref) - KL(ref||theta) - 0.1 entropy(theta)"),
        ("ref * D", "-KL(theta||ref) - entropy(theta)"),
        ("D * logp", "KL(theta||ref) - entropy(theta)"),
        ("k2 + reward(logp^2)", "none of those known"),
    ] {
        let found = page(text);
        assert_eq!(found.follows.to_string(), expected, "{text}");
        let is_sampler = expected.ends_with("[ref = old]");
        assert_eq!(found.off_policy.is_none(), is_sampler, "{text}");
    }
}

#[test]
fn only_a_ratio_that_is_never_cut_off_corrects_for_samples_of_another_policy() {
    for (text, expected) in [
        ("rho * k3", true),
        ("sg(rho) * k2", true),
        ("reward(k3) * sg(rho)", true),
        ("sg(D) * rho", true),
        ("sg(min(rho, 2)) * k2", false),
        ("clamp(rho * k3, -10, 10)", false),
        // Shows k1 of the policy that drew, at logp = old.
        ("sg(old - ref) * rho", false),
        ("sg(k3)  * logp", false),
    ] {
        assert_eq!(page(text).off_policy, Some(expected), "{text}");
    }
}

#[test]
fn what_follows_nothing_known_has_a_nearest() {
    let found = page("1.2 * k2 + reward(sin_like)".replace("sin_like", "D^3 / 50").as_str());
    assert_eq!(found.follows.to_string(), "none of those known");
    let nearest = found.nearest.unwrap();
    assert_eq!(nearest.divergence.0[0].1, Known::KlThetaRef);
    // Over D from -3 to 3: D^3 less its part along D, 27/5 of D, as a part of the whole.
    let (power2, power4, power6) = (3.0, 81.0 / 5.0, 729.0 / 7.0);
    let whole: f64 = 1.44 * power2 + 2.4 / 50.0 * power4 + power6 / 2500.0;
    let left: f64 = (power6 - power4 * power4 / power2) / 2500.0;
    assert!((nearest.left - (left / whole).sqrt()).abs() < 1e-3, "{nearest:?}");
}

#[test]
fn growth_and_the_normals_without_a_variance() {
    let linear = Growth::Of { rate: 0.0, power: 1.0 };
    let exponential = Growth::Of { rate: 1.0, power: 0.0 };
    assert_eq!(page("k2").growth, [linear; 2]);
    assert_eq!(page("k3").growth, [exponential, Growth::Bounded]);
    assert_eq!(page("clamp(k3, -10, 10)").growth, [Growth::Bounded; 2]);
    assert_eq!(page("chi2").growth, [Growth::Bounded, exponential]);
    assert_eq!(page("reverse_k1").growth[0].to_string(), "|D| e^|D|");
    // c = r - 1 + D + 1 - r.
    assert_eq!(page("rho * k3").growth, [linear; 2]);

    // The bounds, as theory has them: a little beyond each the variance is infinite, a little before it is not.
    for name in ["k3", "chi2", "k2", "reverse_k1"] {
        let [narrower, wider] = page(name).infinite_variance;
        let bounds = [narrower.map(|bound| (bound, 0.999)), wider.map(|bound| (bound, 1.001))];
        assert_eq!(bounds.iter().flatten().count(), usize::from(name != "k2"), "{name}");
        for (bound, beyond) in bounds.into_iter().flatten() {
            let is_finite = |sigma_ref: f64| {
                let problem = crate::problem(0.0, 1.0, 0.2, sigma_ref);
                klgrad::theory::moments(&named(&[name]), &problem)[0][0].variance != klgrad::theory::Moment::Infinite
            };
            assert!(!is_finite(bound * beyond) && is_finite(bound / beyond), "{name} at {bound}");
        }
    }
}

#[test]
fn values_estimate_divergences() {
    let mean = |text: &str| match page(text).value {
        Value::OfLogRatio { mean: Some((constant, combination)), is_never_negative, .. } => {
            (constant, combination.to_string(), is_never_negative)
        }
        other => panic!("{text}: {other:?}"),
    };
    let of = |constant: f64, text: &str, positive: bool| (constant, text.to_owned(), positive);
    assert_eq!(mean("k1"), of(0.0, "KL(theta||ref)", false));
    assert_eq!(mean("k2"), of(0.0, "E[D^2]/2", true));
    assert_eq!(mean("k3"), of(0.0, "KL(theta||ref)", true));
    assert_eq!(mean("chi2"), of(0.0, "-KL(theta||ref) + chi2(theta||ref)", true));
    assert_eq!(mean("reverse_k2"), of(1.0, "nothing", true));
    assert_eq!(mean("k3_in_reward"), of(0.0, "KL(theta||ref)", true));
    assert_eq!(page("logp * D").value, Value::Meaningless);

    // E[D^4] / 4 - E[D^2]^2 / 4 of a normal of mean KL and variance 2 KL, over 2 KL.
    let Value::OfLogRatio { relative_variances, .. } = page("k2").value else { panic!() };
    for (kl, part) in relative_variances {
        let (square, fourth) = (2.0 * kl + kl * kl, 12.0 * kl * kl + 12.0 * kl.powi(3) + kl.powi(4));
        assert!((part - (fourth - square * square) / 4.0 / (2.0 * kl)).abs() < 1e-10 * part, "{kl}: {part}");
    }
}

#[test]
fn a_value_that_is_cut_off_is_said_to_be() {
    let within = |text: &str| match page(text).value {
        Value::OfLogRatio { within, .. } => within,
        other => panic!("{text}: {other:?}"),
    };
    for text in ["k1", "k2", "k3", "rho * k3", "reverse_k2", "rho * (logp - old)", "rho"] {
        assert_eq!(within(text), None, "{text}");
    }
    for text in ["clamp(k3, -10, 10)", "max(k2, 1)", "reward(clamp(k3, -10, 10))"] {
        assert!(within(text).is_some(), "{text}");
    }
    // It holds up to the clamp, however far that is: there k3 is the bound.
    for bound in [3.0, 10.0, 20.0] {
        let ends = within(&format!("clamp(k3, -10, {bound})")).unwrap();
        assert!(ends[0] < 0.0 && ends[1] > 0.0, "{ends:?}");
        assert!(ends.iter().all(|d| ((-d).exp_m1() + d - bound).abs() < 1e-6 * bound), "{ends:?}");
    }
    assert_eq!(within("max(k1, -5)"), Some([-5.0, INF]));
    assert_eq!(page("sqrt(D + 1)").value, Value::Undefined);
}

#[test]
fn what_is_not_a_number_is_said_to_be() {
    assert!(near(&page("D^2.5").undefined, &[[-INF, 0.0]]));
    assert!(near(&page("sqrt(D + 1)").undefined, &[[-INF, -1.0]]));
    assert!(page("exp(exp(D))").undefined.is_empty());
}

/// Samples of the policy that stands for the reference, against theory with that policy as the one that draws.
#[test]
fn a_variance_is_that_of_the_samples_that_are_drawn() {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    for (text, expected) in [("(logp - old)^2", [None, None]), ("rho * (logp - old)", [Some(half), None])] {
        assert_eq!(page(text).infinite_variance, expected, "{text}");
        for (sigma_old, is_finite) in [(half * 0.99, expected[0].is_none()), (half * 1.01, true), (3.0, true)] {
            let problem = Problem { behaviour: crate::normal(0.2, sigma_old), ..crate::problem(0.0, 1.0, 0.3, 1.1) };
            let loss: Estimator = format!("mine = {text}").parse().unwrap();
            let [mu, _] = klgrad::theory::moments(&[loss], &problem)[0];
            assert_eq!(mu.variance != klgrad::theory::Moment::Infinite, is_finite, "{text} at {sigma_old}");
        }
    }
}

#[test]
fn over_sequences_it_is_said_which_tokens_count() {
    let seen = |text: &str| page(text).sequence.map(|sequence| sequence.to_string());
    let alone = "the coefficient of a token depends on ";
    assert_eq!(seen("k2"), None);
    for (text, expected) in [
        ("sum(k2)", "that token alone"),
        ("mean(k2)", "that token alone, and is divided by the number of tokens"),
        ("k2 / length", "that token alone, and is divided by the number of tokens"),
        ("sg(after(D)) * logp", "that and the later tokens"),
        ("after(D)^2 / 2", "all tokens of the sequence"),
        ("sg(sum(D)) * logp", "all tokens of the sequence"),
        ("sg(mean(D)) * logp", "all tokens of the sequence"),
    ] {
        assert_eq!(seen(text).as_deref(), Some((alone.to_owned() + expected).as_str()), "{text}");
    }
}

/// By hand: what c(D) = (R - lambda) / beta is solved for D.
#[test]
fn where_a_training_ends_is_read_off_the_coefficient() {
    let optimum = "at pi_ref e^(R/beta), normalised: the optimum of E[R] - beta KL(theta||ref)";
    for (text, expected) in [
        ("k2", optimum),
        ("reward(k1)", optimum),
        ("rho * k3", optimum),
        ("full(D)", optimum),
        ("k2 / 2", "at pi_ref e^(R/(0.5 beta)), normalised"),
        ("k3", "at pi_ref / (1 - (R - lambda)/beta)"),
        ("2 * k3", "at pi_ref / (1 - (R - lambda)/(2 beta))"),
        ("r", "at pi_ref / (1 - (R - lambda)/beta)"),
        ("w - D", "at pi_ref (1 + (R - lambda)/beta), and 0 where that is negative"),
        ("reward(-r^2)", "at pi_ref / sqrt(1 - (R - lambda)/beta)"),
        ("reward(-exp(-D / 2))", "at pi_ref / (1 - (R - lambda)/beta)^2"),
        ("reward(logp)", "at e^(R/beta), normalised, whatever pi_ref is"),
        ("k1", "as without a penalty: all probability goes to the answer of the largest reward"),
        ("logp", "as without a penalty: all probability goes to the answer of the largest reward"),
        ("reward(D + w)", "at one policy, pi_ref e^D with c(D) = (R - lambda)/beta: the coefficient falls nowhere"),
    ] {
        assert_eq!(ends(&parsed(text)), expected, "{text}");
    }
    for (text, beginning) in [
        (
            "clamp(k2, -10, 10)",
            "at pi_ref e^(R/beta), normalised: the optimum of E[R] - beta KL(theta||ref); but only where",
        ),
        ("reverse_k1", "only where each answer's D stays below 2:"),
        (
            "abs(D)",
            "at one policy, pi_ref e^D with c(D) = (R - lambda)/beta: the coefficient falls nowhere; as it is bounded",
        ),
        ("reward(k3)", "runs away from pi_ref: the coefficient falls for D below 0"),
        ("reward(k2)", "away from pi_ref, and not at one policy alone: the coefficient falls for D below 0"),
        ("-k2", "runs away from pi_ref to a single answer: the coefficient falls everywhere"),
        ("reward(-logp)", "runs away to a single answer"),
        ("(logp - old)^2", "cannot be said: the loss has no pi_ref"),
        ("logp * D", "cannot be said: the coefficient depends on more than D"),
        ("sqrt(D + 1)", "cannot be said: the coefficient is not a number for D below -1"),
    ] {
        let found = ends(&parsed(text));
        assert!(found.starts_with(beginning), "{text}: {found}");
    }
}

#[test]
fn whatever_is_written_is_explained() {
    for_all(200, &forms(), |form| {
        if let Ok(loss) = Expr::parse_loss(&form.text(), &Table) {
            explain(&loss);
            ends(&loss);
            follows(&loss, false);
        }
        Ok(())
    });
}

/// What the catalogue says of the frameworks, and their terms computed; 48 defaults were counted by hand.
#[test]
fn half_of_the_frameworks_defaults_follow_something_else() {
    let listed = klgrad::catalogue::listed(klgrad::catalogue::entries());
    let others = listed.iter().filter(|listed| listed.entry.is_default() && listed.follows.to_string() != KL).count();
    let defaults = listed.iter().filter(|listed| listed.entry.is_default()).count();
    assert_eq!((listed.len(), defaults), (149, 48));
    assert!((20..=28).contains(&others), "{others}");
    for listed in listed {
        // Only a term to the policy of the covariance, and one with a gate, follow nothing known.
        let is_known = !listed.follows.to_string().starts_with("none");
        let is_other = ["kl_cov", ">0"].contains(&listed.entry.value.as_str());
        assert!(is_known || is_other, "{}", listed.entry.name());
    }
}

const KL: &str = "KL(theta||ref)";

/// Where the coefficient jumps.
#[test]
fn a_pull_without_a_value_is_null() {
    let of_abs = pages_of(vec![(None, "abs(D)".to_owned(), parsed("abs(D)"))]);
    assert_eq!(serde_json::to_value(&of_abs[0]).unwrap()["pull"], serde_json::Value::Null);
}
