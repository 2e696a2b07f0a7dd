//! The libtorch that this process runs on, which need not be the one that it was built with.

unsafe extern "C" {
    /// libtorch's `TORCH_ABI_VERSION`: from the highest byte down, major, minor, patch, and five bytes of a tag.
    safe fn aoti_torch_abi_version() -> u64;
}

/// Its version, such as `2.13.0`.
pub fn version() -> String {
    let [major, minor, patch, ..] = aoti_torch_abi_version().to_be_bytes();
    format!("{major}.{minor}.{patch}")
}

/// Which kernels oneMKL, within libtorch, computes exponentials with, as the environment tells it; none where it chooses
/// by itself. The last bits of what libtorch differentiates depend on them.
pub fn vector_kernels() -> Option<String> {
    std::env::var("MKL_VML_DEBUG_CPU_TYPE").ok().filter(|kernels| !kernels.is_empty())
}
