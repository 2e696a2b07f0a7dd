//! What a check cannot test of autograd.

use super::are_refused;

#[test]
fn a_check_of_what_autograd_loses_is_refused() {
    let nothing = "can test nothing at these settings: ";
    are_refused(
        "reproduce",
        &[
            ("--check --mu-ref 0 --sigma-ref 0.15 --estimators k3", &[nothing, "autograd divides by the ratio r"]),
            ("--check --mu-ref 1e-5 --sigma-ref 1 --estimators k2", &[nothing, "rounding to 32 bits is not small"]),
        ],
    );
}
