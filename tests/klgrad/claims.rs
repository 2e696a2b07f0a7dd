//! The article's equations: which hold, and what stands in for those that do not.

use crate::theory::{expectation, settings};
use crate::{klgrad, stdout, succeed};
use klgrad::claims::{Agreement, Claim, claims};
use klgrad::estimator::Parameter;
use klgrad::experiment::Settings;
use klgrad::theory::{Moment, Term};

const WRONG: [&str; 4] = ["reverse_k1", "reverse_k1, under pi_ref", "lambda", "shared lambda"];

#[test]
fn four_equations_do_not_hold_as_printed_anywhere() {
    for s in [Settings::default(), settings(0.3, 1.4, -0.8, 1.2), settings(-2.0, 0.5, -1.9, 0.6)] {
        for claim in claims(&s) {
            assert_eq!(claim.holds, !WRONG.contains(&claim.claim), "{claim:?} at {s:?}");
            assert_eq!(claim.corrected_holds, (!claim.holds).then_some(true), "{claim:?}");
        }
    }
}

#[test]
fn an_inequality_fails_where_the_sides_are_equal() {
    // At equal means neither gradient with respect to mu is anything but 0; at equal distributions that holds for sigma.
    let equal = claims(&settings(0.0, 1.0, 0.0, 1.0));
    let of = |name: &str| equal.iter().filter(|claim| claim.claim == name).map(|claim| claim.holds).collect::<Vec<_>>();
    assert_eq!(of("k1 is not KL"), [false, false]);
    assert_eq!(of("k2 is KL"), [true, true]);
}

/// The printed right-hand side, taken literally, by quadrature.
#[test]
fn the_printed_sides_are_evaluated_to_the_letter() {
    let s = Settings::default();
    let find = |name: &str, parameter| {
        claims(&s).into_iter().find(|claim| claim.claim == name && claim.parameter == parameter).unwrap()
    };
    let term = |weight, power_of_d, power_of_r| Term { weight, power_of_d, power_of_r };
    for parameter in Parameter::ALL {
        let weighted = expectation(&s, &[term(-1.0, 0, 1), term(-1.0, 0, 2)], parameter, 1);
        for name in ["reverse_k1", "reverse_k1, under pi_ref"] {
            near(find(name, Some(parameter)).right, weighted);
        }
        let moment = |power| expectation(&s, &[term(1.0, power, 0)], parameter, 2);
        near(find("lambda", Some(parameter)).right, moment(2) / moment(0));
    }
    let both = |power| Parameter::ALL.map(|p| expectation(&s, &[term(1.0, power, 0)], p, 2)).iter().sum::<f64>();
    near(find("shared lambda", None).right, both(2) / both(0));
}

fn near(actual: Moment, expected: f64) {
    assert!((actual.finite().unwrap() / expected - 1.0).abs() < 1e-9, "{actual}, not {expected}");
}

#[test]
fn the_articles_experiment_agrees_with_what_holds() {
    // Whatever the settings at hand: the experiment is compared at its own.
    for claim in claims(&settings(0.0, 1.0, 0.3, 1.0)) {
        match claim.experiment {
            Some(Agreement::Corrected) => assert!(WRONG.contains(&claim.claim), "{claim:?}"),
            Some(Agreement::Printed) => assert!(!WRONG.contains(&claim.claim), "{claim:?}"),
            Some(Agreement::Neither) => panic!("{claim:?}"),
            None => assert!(!claim.claim.starts_with("reverse_k"), "it has measured these: {claim:?}"),
        }
    }
}

#[test]
fn an_infinite_side_is_said_to_be_infinite() {
    // E[r^2 s] has the precision 2 sigma^2 / tau^2 - 1.
    let infinite = |claim: &Claim| claim.right == Moment::Infinite;
    let names: Vec<_> =
        claims(&settings(0.0, 1.0, 1.0, 1.5)).into_iter().filter(infinite).map(|claim| claim.claim).collect();
    assert_eq!(names, ["reverse_k1", "reverse_k1", "reverse_k1, under pi_ref", "reverse_k1, under pi_ref"]);
}

/// And as a table, see the report.
#[test]
fn the_command_prints_claims_as_csv_and_json() {
    let csv = stdout(&succeed(&mut klgrad("claims --format csv --sigma-ref 1.5")));
    assert!(csv.starts_with(
        "claim,statement,parameter,left,right,holds,corrected_statement,corrected_right,corrected_holds,experiment\n"
    ));
    assert_eq!(csv.lines().count(), 62);
    assert!(csv.contains(",inf,false,"), "{csv}");

    let json: serde_json::Value = serde_json::from_str(&stdout(&succeed(&mut klgrad("claims --format json")))).unwrap();
    assert_eq!(json[0]["claim"], "gradient of KL");
    assert_eq!(json[0]["corrected_statement"], serde_json::Value::Null);
}
