//! The bytes of the fast route: the same on every CPU and system.

use crate::{klgrad, succeed};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of files, and the sizes of their runs: below a group of 16, no multiple of one, and two blocks.
const RUNS: [(&str, &str); 3] = [
    ("short.csv", "--sample-size 7 --num-trials 3 --seed -1"),
    ("odd.csv", "--sample-size 999 --num-trials 2 --seed 7"),
    ("long.csv", "--sample-size 70001 --num-trials 1 --seed 42"),
];

/// Every function that the language of losses has.
const MINE: &str = "mine = sg(rho) * (sqrt(1 + D^2) - 1) + reward(min(r, 2)) + abs(D)^1.5 + 0.1 * log(1 + r) \
                    + log1p(k2) * exp(-k2) + max(expm1(-abs(D)), -0.5) * sign(D) + (1 + k2)^D";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/score").join(name)
}

/// What the program writes that this command starts.
fn gradients(sizes: &str, command: &mut Command) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<&str> = klgrad::estimator::TABLE.iter().map(|row| row.name).collect();
    command.args("reproduce --quiet --no-figure --engine score --mu-theta -0.3 --sigma-theta 0.7".split(' '));
    command.args("--mu-ref 0.4 --sigma-ref 0.9 --mu-old -0.2 --sigma-old 0.8".split(' ')).args(sizes.split(' '));
    command.args(["--estimators", &all.join(","), "--estimator", MINE, "--output"]).arg(folder.path());
    succeed(command);
    std::fs::read(folder.path().join("gradients.csv")).unwrap()
}

#[test]
fn every_system_writes_the_same_bytes() {
    for (name, sizes) in RUNS {
        let expected = std::fs::read(golden(name)).unwrap();
        assert!(gradients(sizes, &mut klgrad("")) == expected, "{name}");
    }
}

/// A CPU of 2008 has no instructions that the vectors of klgrad or those of the C library could choose instead.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
#[ignore = "it needs the emulator qemu-x86_64"]
fn an_emulated_cpu_without_avx_writes_the_same_bytes() {
    for (name, sizes) in RUNS {
        let expected = std::fs::read(golden(name)).unwrap();
        let mut emulated = Command::new("qemu-x86_64");
        emulated.args(["-cpu", "Nehalem", env!("CARGO_BIN_EXE_klgrad")]);
        assert!(gradients(sizes, &mut emulated) == expected, "{name}");
    }
}

/// The C library has functions of its own for each of these, with other last bits. That the vectors of klgrad itself give the
/// same bits with every instruction set is tested beside them.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn no_instruction_set_changes_a_byte() {
    let (name, sizes) = RUNS[1];
    let expected = std::fs::read(golden(name)).unwrap();
    for without in ["-AVX512F,-AVX512VL", "-AVX512F,-AVX512VL,-AVX2,-FMA,-FMA4", "-AVX,-AVX2,-FMA,-SSE4_1,-SSE4_2"] {
        let tunables = format!("glibc.cpu.hwcaps={without}");
        let written = gradients(sizes, klgrad("").env("GLIBC_TUNABLES", tunables));
        assert!(written == expected, "{without}");
    }
}
