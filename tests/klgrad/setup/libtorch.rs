//! Which libtorch a run has, and which kernels of its own.

use crate::bad_input::fails;
use crate::{SMALL, klgrad, reproduce_into, stdout, succeed};

/// Which do is tested within the program. These are for every CPU, and are used.
#[cfg(target_arch = "x86_64")]
#[test]
fn vector_kernels_that_do_not_work_are_refused() {
    const VARIABLE: &str = "MKL_VML_DEBUG_CPU_TYPE";
    fails(klgrad("theory").env(VARIABLE, "4"), 2, &["klgrad: error: ", VARIABLE, "\"4\"", "unset it", "0, 1 or 2"]);
    let folder = tempfile::tempdir().unwrap();
    succeed(reproduce_into(folder.path(), SMALL).env(VARIABLE, "2"));
}

/// Linux's loader takes the first libtorch_cpu.so on its way, and ends the program where that is none.
#[test]
fn version_names_the_libtorch_that_runs_which_is_no_other_in_ld_library_path() {
    let folder = tempfile::tempdir().unwrap();
    for library in ["libtorch_cpu.so", "libtorch.so", "libc10.so"] {
        std::fs::write(folder.path().join(library), "not a library").unwrap();
    }
    let output = succeed(klgrad("--version").env("LD_LIBRARY_PATH", folder.path()));
    assert_eq!(stdout(&output), format!("klgrad {} (libtorch 2.13.0)\n", env!("CARGO_PKG_VERSION")));
}
