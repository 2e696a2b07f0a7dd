//! What the language means: precedence, linear forms that stay exact, sequences, and the text that is printed.

use super::{evaluate, names, parse};
use klgrad::estimator::expr::{Expr, Steps, Tape, is_reserved};

#[track_caller]
fn same(texts: &[(&str, &str)]) {
    for (text, other) in texts {
        assert_eq!(parse(text), parse(other), "{text} and {other}");
    }
}

#[test]
fn operators_bind_as_in_python() {
    same(&[
        ("-2^2", "-4"),
        ("-D^2", "-(D^2)"),
        ("2^3^2", "512"),
        ("D^2^k3", "D^(2^k3)"),
        ("2^-1", "0.5"),
        ("2 - 3 - 4", "-5"),
        ("12 / 3 / 2", "2"),
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("exp(-D)", "r"),
        ("max(-1, -2)", "-1"),
        ("2 * -3", "-6"),
        ("2 - -3", "5"),
        ("--D", "D"),
        ("-D * k3", "(-D) * k3"),
        (" k3\n+\tk2 ", "k3+k2"),
        ("1e-3 + .5 + 2.", "2.501"),
    ]);
}

#[test]
fn linear_forms_are_exact() {
    same(&[
        ("logp - ref", "D"),
        ("-(ref - logp)", "D"),
        ("logp - D", "ref"),
        ("2 * logp - ref - ref", "2 * D"),
        ("(logp - 3) - (ref - 3)", "D"),
        ("(logp - ref) / 3 + old - logp", "D / 3 - (logp - old)"),
        ("log(r)", "-D"),
        ("log(w)", "D"),
        ("log(rho)", "logp - old"),
        ("log(rho * r / w)", "logp - old - 2 * D"),
        ("log(sqrt(w))", "D / 2"),
        ("log(1 / r)", "D"),
        ("log1p(expm1(-D))", "-D"),
        ("w^2 * r", "w"),
        ("exp(logp) / exp(ref)", "w"),
        ("sg(logp) - ref", "sg(D)"),
        ("sg(ref)", "ref"),
        ("sg(sg(k3))", "sg(k3)"),
        ("exp(ref - logp) - 1 - ref + logp", "r - 1 + (logp - ref)"),
        ("k3 + logp - sg(logp)", "k3 + (logp - sg(logp))"),
        ("-(k3 - ref) - logp", "-k3 - D"),
    ]);
}

#[test]
fn short_forms_and_named_estimators_stand_for_what_they_are() {
    same(&[
        ("k1", "D"),
        ("k2", "D^2 / 2"),
        ("k3", "expm1(-D) + D"),
        ("reward(k3)", "sg(k3) * logp"),
        ("detach(k3)", "sg(k3)"),
        ("rho", "exp(logp - old)"),
    ]);
    assert!(is_reserved("clamp") && is_reserved("rho") && !is_reserved("k3"));
}

/// Near D = 0 the coefficient 1 - exp(-D) of k3 is right to the last digits, in whichever order its terms stand.
#[test]
fn what_cancels_in_a_coefficient_cancels_without_loss() {
    let (small, exact) = (1e-9, -f64::exp_m1(-1e-9));
    for (text, exact) in [
        ("expm1(-D) + D", exact),
        ("D + expm1(-D)", exact),
        ("k3 / 2 + k3 / 2", exact),
        ("k3 + k2", exact + small),
        ("k2 + D + expm1(-D) + k2", exact + 2.0 * small),
    ] {
        let coefficient = evaluate(&parse(text), [&[-40.0], &[small], &[0.0]]).1[0];
        assert!((coefficient / exact - 1.0).abs() < 1e-15, "{text}: {coefficient} for {exact}");
    }
}

const LOG_PROB: [f64; 3] = [-1.0, -2.0, -3.0];
const LOG_RATIO: [f64; 3] = [0.5, -1.0, 2.0];
const LOG_RHO: [f64; 3] = [0.0, 0.25, -0.5];

#[track_caller]
fn sequence(text: &str, loss: f64, coefficients: [f64; 3]) {
    let found = evaluate(&parse(text), [&LOG_PROB, &LOG_RATIO, &LOG_RHO]);
    let near = |a: f64, b: f64| (a - b).abs() < 1e-14;
    assert!(near(found.0, loss), "{text}: the loss is {}", found.0);
    let all = found.1.iter().zip(coefficients).all(|(a, b)| near(*a, b));
    assert!(all, "{text}: the coefficients are {:?}", found.1);
}

#[test]
fn a_number_for_the_whole_sequence_is_counted_once() {
    sequence("D", 1.5, [1.0; 3]);
    sequence("sum(D)", 1.5, [1.0; 3]);
    sequence("mean(D)", 0.5, [1.0 / 3.0; 3]);
    sequence("sum(sum(D))", 1.5, [1.0; 3]);
    sequence("mean(sum(D))", 1.5, [1.0; 3]);
    sequence("sum(D)^2 / 2", 1.125, [1.5; 3]);
    sequence("sum(D) / length", 0.5, [1.0 / 3.0; 3]);
    // It spreads where it meets one number a token, though that be 0.
    sequence("sum(D) + 0 * D", 4.5, [3.0; 3]);
    sequence("sum(D) + D - D", 4.5, [3.0; 3]);
    sequence("sum(D) * (logp - sg(logp))", 0.0, [1.5; 3]);
    sequence("D + length", 10.5, [1.0; 3]);
}

#[test]
fn after_sums_over_this_and_the_later_tokens() {
    sequence("after(D)", 1.5 + 1.0 + 2.0, [1.0, 2.0, 3.0]);
    sequence("reward(after(D))", -1.5 - 2.0 - 6.0, [1.5, 1.0, 2.0]);
    sequence("sg(after(1)) * D", 1.5 - 2.0 + 2.0, [3.0, 2.0, 1.0]);
    sequence("after(mean(D))", 0.5 * 6.0, [2.0; 3]);
}

#[test]
fn a_single_sample_is_a_sequence_of_one() {
    let expressions = ["k3 * sum(D) + after(rho) / length", "k3 * D + rho"].map(parse);
    let mut tape = Tape::new(&expressions);
    let mut block = tape.evaluate(Steps::samples(&LOG_PROB, &LOG_RATIO, &LOG_RHO));
    assert_eq!(block.values(0), block.values(1));
    assert_eq!(block.coefficients(0).to_vec(), block.coefficients(1));
    assert_eq!(block.losses(0).collect::<Vec<f64>>(), block.values(1));
}

#[test]
fn the_text_is_what_one_would_write() {
    let texts = [
        "clamp(rho * (r - 1 + D), -10, 10)",
        "D^2 / 2 - sg(D^2 / 2) + sg(expm1(-D) + D)",
        "where(abs(D) <= 20, rho, sg(rho)) * clamp(D, -20, 20)^2 / 2",
        "exp(mean(logp - old)) * (expm1(-D) + D)",
        "after(old - ref) * rho",
        "sg(D) * logp",
        "1 - D",
        "-2 * D + 0.5 * (logp - old)",
        "exp(logp - sg(logp)) * D",
        "(-2)^k3 - -k3",
        "clamp(D, -inf, 1e-8)",
        "D / 3",
        "ref - old",
        "0 * D + 3",
    ];
    for text in texts {
        let expected = text.replace("k3", "(expm1(-D) + D)");
        assert_eq!(parse(text).to_string(), expected);
    }
}

#[test]
fn expressions_are_built_with_ordinary_operators() {
    let d = Expr::log_ratio();
    let k3 = (-&d).expm1() + &d;
    assert_eq!(k3, names()[2].1);
    let built = d.abs().at_most(20.0).choose(Expr::log_rho().exp(), 1.0) * (2.0 - &k3).min(d.sum());
    assert_eq!(built, parse("where(abs(D) <= 20, rho, 1) * min(2 - k3, sum(D))"));
    let built = d.less_than(&k3).choose(1.0 / &d, d.pow(&k3)) / d.sqrt().log1p().max(0.0).sign();
    assert_eq!(built, parse("where(D < k3, 1 / D, D^k3) / sign(max(log1p(sqrt(D)), 0))"));
    assert_eq!(k3.reward() - Expr::log_ref() * Expr::length(), parse("reward(k3) - ref * length"));
}

/// Neither a walk over it nor its end may depend on the size of the stack.
#[test]
fn an_expression_may_be_deep() {
    let deep = (0..5_000).fold(Expr::log_ratio(), |deep, _| deep.abs());
    assert_eq!(evaluate(&deep, [&[-1.0], &[-0.5], &[0.0]]), (0.5, vec![-1.0]));
    assert_eq!(deep.to_string().len(), 5_000 * "abs()".len() + 1);
}
