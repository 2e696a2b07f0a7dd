//! How the C library hands out memory.

use klgrad::model;
use std::path::Path;

/// Tensors that are larger, in bytes, glibc takes from the system one by one, and gives them back as soon as they are dropped.
const LARGE: u64 = 32 << 20;

/// Before gradients of a model: where they are large, has the C library keep what is freed for what is asked for next.
///
/// Otherwise the system clears the memory of each large tensor anew, page by page, which takes longer than the arithmetic. Threads
/// share one heap then, since those of their own hold 64 MB at most; small tensors of many threads would wait for each other there.
/// To be called before there are other threads, which might have a heap already.
pub fn keep_large_tensors(policy: &Path) {
    // What is wrong with the folder is said where it is read.
    let is_large = model::parameter_count(policy).is_ok_and(|count| count * size_of::<f32>() as u64 > LARGE);
    for (setting, value) in [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, -1)] {
        if is_large {
            // SAFETY: it changes how memory is handed out from now on. Where it is refused, all goes on as before.
            unsafe { libc::mallopt(setting, value) };
        }
    }
}
