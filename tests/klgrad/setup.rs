//! What the user's environment may and may not change.

use crate::bad_input::fails;
use crate::klgrad;

#[test]
#[cfg(target_arch = "x86_64")]
fn vector_kernels_that_do_not_work_are_refused() {
    const VARIABLE: &str = "MKL_VML_DEBUG_CPU_TYPE";
    for value in ["4", "8", "9", "55", "4x", " 5", "fast"] {
        fails(klgrad("theory").env(VARIABLE, value), 2, &[VARIABLE, &format!("{value:?}"), "unset it", "0, 1 or 2"]);
    }
    for value in ["", "0", "1", "2"] {
        crate::succeed(klgrad("theory").env(VARIABLE, value));
    }
}
