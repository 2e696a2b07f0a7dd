//! The program's gradients are those of the original in PyTorch, bit for bit where the CPU has AVX-512.

use crate::{article, reproduce_into, succeed};
use klgrad::export::read_gradients;
use std::path::Path;

fn run_and_compare(name: &str, args: &str) {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), &format!("--quiet --no-figure {args}")));
    compare(name, folder.path());
}

fn compare(name: &str, folder: &Path) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let mut expected = read_gradients(&golden).unwrap();
    let mut actual = read_gradients(&folder.join("gradients.csv")).unwrap();
    assert_eq!(actual.names(), expected.names());
    for (actual, expected) in actual.all_series().zip(expected.all_series()) {
        let (actual, expected) = (actual.unwrap(), expected.unwrap());
        assert_eq!(actual.gradients.len(), expected.gradients.len());
        for (trial, (a, e)) in actual.gradients.iter().zip(&expected.gradients).enumerate() {
            let what = format!("{name}, {} {}, trial {trial}: {a}, not {e}", actual.estimator, actual.parameter);
            assert!(if same_kernels() { a.to_bits() == e.to_bits() } else { close(*a, *e) }, "{what}");
        }
    }
}

/// Whether libtorch differentiates, and the CPU runs the kernels that the original's gradients come from.
fn same_kernels() -> bool {
    #[cfg(all(feature = "libtorch", target_arch = "x86_64"))]
    return is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    #[cfg(not(all(feature = "libtorch", target_arch = "x86_64")))]
    false
}

/// Within 2e-6, as measured between libtorch's kernels with AVX-512, with AVX2 and without for gradients of the order of 1.
fn close(actual: f32, expected: f32) -> bool {
    (actual - expected).abs() <= 2e-6 * expected.abs().max(1.0)
}

#[test]
fn articles_settings() {
    compare("article.csv", &article().folder);
}

#[test]
fn sample_size_that_is_no_multiple_of_16() {
    run_and_compare(
        "odd.csv",
        "--mu-theta -0.3 --sigma-theta 0.7 --mu-ref 0.4 --sigma-ref 0.9 --sample-size 999 --num-trials 40 --seed 7",
    );
}

#[test]
fn sample_size_below_16() {
    run_and_compare(
        "short.csv",
        "--mu-theta 0.25 --sigma-theta 1.3 --mu-ref -0.5 --sigma-ref 1.7 --sample-size 7 --num-trials 40 --seed 11",
    );
}

#[test]
fn sample_size_17_and_a_negative_seed() {
    run_and_compare(
        "seventeen.csv",
        "--mu-theta 2 --sigma-theta 0.5 --mu-ref 1.5 --sigma-ref 0.8 --sample-size 17 --num-trials 40 --seed -3",
    );
}

#[test]
fn sample_size_of_two_blocks() {
    run_and_compare("long.csv", "--sample-size 100000 --num-trials 20");
}

#[test]
fn the_largest_sample_size_that_is_differentiated_in_one_piece() {
    run_and_compare(
        "longest.csv",
        "--mu-theta -0.3 --sigma-theta 0.7 --mu-ref 0.4 --sigma-ref 0.9 --sample-size 262144 --num-trials 6 --seed 7",
    );
}
