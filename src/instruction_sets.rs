//! For tests: what code gives that is compiled for each instruction set that this CPU has.

/// The result of a function with each of them, the oldest that the target allows first.
///
/// The function has to be `#[inline(always)]`, and no closure, so that it is compiled within functions that may use them.
pub fn each<A: Copy, R>(function: impl Fn(A) -> R + Copy, argument: A) -> Vec<(&'static str, R)> {
    let mut results = vec![("the oldest", function(argument))];
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("sse4.2") {
            // SAFETY: the CPU has it, here and below.
            results.push(("SSE 4.2", unsafe { with_sse(function, argument) }));
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            results.push(("AVX2", unsafe { with_avx2(function, argument) }));
        }
        if has_avx512() {
            results.push(("AVX-512", unsafe { with_avx512(function, argument) }));
        }
    }
    results
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse4.2")]
fn with_sse<A, R>(function: impl Fn(A) -> R, argument: A) -> R {
    function(argument)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<A, R>(function: impl Fn(A) -> R, argument: A) -> R {
    function(argument)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma")]
fn with_avx512<A, R>(function: impl Fn(A) -> R, argument: A) -> R {
    function(argument)
}
