//! A program that was built without libtorch.

use super::are_refused;

#[test]
fn what_needs_it_says_how_to_get_it() {
    let words: &[&str] =
        &["needs libtorch, which this klgrad was built without", "`make reproduce`", "docs/libtorch.md"];
    are_refused("reproduce", &[("--engine autograd", words), ("--engine autograd --resume --seed 1", words)]);
    are_refused("measure", &[("", words), ("--help", words), ("--policy here --reference there", words)]);
}
