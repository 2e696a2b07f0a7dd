//! What autograd loses in 32 bits, and score does not: it is left out, and said.

use super::{assert_agrees, assert_remarks, checked, run};
use crate::{experiment, problem};
use klgrad::agreement::can_check;
use klgrad::engine::Engine::{Autograd, Score};

const RATIO_OF_0: &str = "k3, mu and sigma: left out, autograd divides by the ratio r, which is 0 in 32 bits";

#[test]
fn a_narrow_reference_is_tested_but_for_k3() {
    let experiment = experiment(problem(0.0, 1.0, 0.5, 0.01), run(200, 500), &["reverse_k2", "k3"]);
    let check = checked(Autograd, &experiment);
    assert_agrees(&check, 4);
    assert_remarks(&check, &[RATIO_OF_0]);
}

#[test]
fn a_ratio_that_is_0_in_32_bits_is_autograds_alone() {
    let at = |sigma_ref: f64| experiment(problem(0.0, 1.0, 0.0, sigma_ref), run(20, 1000), &["k3"]);
    let check = checked(Autograd, &at(0.15));
    assert_agrees(&check, 0);
    assert_remarks(&check, &[RATIO_OF_0]);
    assert!(can_check(&at(0.15), Autograd).is_err() && can_check(&at(0.15), Score).is_ok());
    assert_agrees(&checked(Score, &at(0.15)), 4);
    // Eight standard deviations from the mean.
    assert_agrees(&checked(Autograd, &at(0.5)), 4);
}

#[test]
fn near_equality_drowns_in_rounding() {
    let at = |gap: f64| experiment(problem(0.0, 1.0, gap, 1.0), run(200, 500), &["k3_in_reward", "k2", "k3"]);
    assert_agrees(&checked(Autograd, &at(1e-4)), 12);
    let drowned = checked(Autograd, &at(1e-5));
    assert_agrees(&drowned, 4);
    let why = "mu and sigma: left out, rounding to 32 bits is not small beside its standard deviation";
    let left_out: Vec<&String> = drowned.remarks.iter().filter(|remark| remark.contains("left out")).collect();
    assert_eq!(left_out, [&format!("k2, {why}"), &format!("k3, {why}")]);
}
