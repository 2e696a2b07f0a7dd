//! Which kernels the vector mathematics library within libtorch (oneMKL, on x86-64) computes exponentials with.
//!
//! Left to itself it chooses by the CPU's maker and age, and each choice rounds the last bit of some exponentials in
//! its own way: the same program would print other bits on another machine. [`VARIABLE`], which it reads once, at its
//! first use, chooses for it: 0, 1 and 2 are kernels for every CPU, 3 for AVX2, 5 for AVX-512, which the golden
//! gradients come from.
//!
//! It takes the variable at its word. Kernels beyond the CPU's instructions end in SIGILL, and 4, which libtorch is built
//! without, in SIGSEGV; 6, 7 and 9 lie in the table of another accuracy; anything else it ignores, or reads by its first
//! digit.

use crate::command::Usage;
use std::env;
use std::ffi::OsStr;

const VARIABLE: &str = "MKL_VML_DEBUG_CPU_TYPE";

/// Keeps the user's choice of kernels where it works on this CPU; without one, chooses the widest that do.
///
/// # Errors
/// The user's choice does not work here.
///
/// # Safety
/// Sets an environment variable, so no other thread may run.
pub unsafe fn choose() -> Result<(), Usage> {
    if let Some(kernels) = Cpu::this().kernels_for(env::var_os(VARIABLE).as_deref())? {
        // SAFETY: the caller's.
        unsafe { env::set_var(VARIABLE, kernels) };
    }
    Ok(())
}

/// The instructions that kernels need.
struct Cpu {
    avx2: bool,
    avx512: bool,
}

impl Cpu {
    fn this() -> Self {
        Self {
            avx2: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            avx512: is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512cd")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl"),
        }
    }

    /// The kernels to choose; none where the user's choice, or that of the library, stays.
    fn kernels_for(&self, users: Option<&OsStr>) -> Result<Option<&'static str>, Usage> {
        match users.filter(|value| !value.is_empty()) {
            Some(value) => self.accept(value).map(|()| None),
            None => Ok(self.widest()),
        }
    }

    fn widest(&self) -> Option<&'static str> {
        if self.avx512 {
            Some("5")
        } else if self.avx2 {
            Some("3")
        } else {
            None
        }
    }

    fn accept(&self, value: &OsStr) -> Result<(), Usage> {
        let wanting = match value.to_str() {
            Some("0" | "1" | "2") => return Ok(()),
            Some("3") if self.avx2 => return Ok(()),
            Some("5") if self.avx512 => return Ok(()),
            Some("3" | "5") => "needs instructions that this CPU does not have",
            _ => "stands for no kernels that work",
        };
        Err(Usage(format!(
            "the environment variable {VARIABLE} is {value:?}, which {wanting}: \
             unset it, or set it to 0, 1 or 2 (for every CPU), 3 (for AVX2) or 5 (for AVX-512)"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUS: [(Cpu, &str, Option<&str>); 3] = [
        (Cpu { avx2: false, avx512: false }, "012", None),
        (Cpu { avx2: true, avx512: false }, "0123", Some("3")),
        (Cpu { avx2: true, avx512: true }, "01235", Some("5")),
    ];

    #[test]
    fn no_kernels_beyond_the_cpus_instructions() {
        for (cpu, values, widest) in CPUS {
            let accepts = |digit: &char| cpu.kernels_for(Some(OsStr::new(&digit.to_string()))).is_ok();
            assert_eq!(('0'..='9').filter(accepts).collect::<String>(), values);
            for unset in [None, Some(OsStr::new(""))] {
                assert_eq!(cpu.kernels_for(unset).unwrap(), widest);
            }
            assert_eq!(cpu.kernels_for(Some(OsStr::new("0"))).unwrap(), None, "the user's choice stays");
        }
    }

    #[test]
    fn what_stands_for_no_kernels_is_named_with_what_does() {
        for value in ["4", "6", "8", "9", "55", "4x", "0x", " 5", "fast"] {
            for (cpu, ..) in CPUS {
                let refusal = cpu.kernels_for(Some(OsStr::new(value))).unwrap_err().0;
                for words in [VARIABLE, &format!("is {value:?}, which stands for no kernels"), "unset it", "0, 1 or 2"]
                {
                    assert!(refusal.contains(words), "{refusal}");
                }
            }
        }
    }
}
