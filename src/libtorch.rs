//! The libtorch that a process runs on, which need not be the one that it was built with.

/// What the last bits of its results depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Libtorch {
    /// Such as `2.13.0`.
    pub version: String,
    /// Which kernels oneMKL, within libtorch, computes exponentials with, as the environment tells it; none where it chooses
    /// by itself.
    pub vector_kernels: Option<String>,
}

impl Libtorch {
    /// That of this process; none where klgrad was built without.
    #[cfg(feature = "libtorch")]
    pub fn here() -> Option<Self> {
        let [major, minor, patch, ..] = aoti_torch_abi_version().to_be_bytes();
        let kernels = std::env::var("MKL_VML_DEBUG_CPU_TYPE").ok().filter(|kernels| !kernels.is_empty());
        Some(Self { version: format!("{major}.{minor}.{patch}"), vector_kernels: kernels })
    }

    /// That of this process; none where klgrad was built without.
    #[cfg(not(feature = "libtorch"))]
    pub fn here() -> Option<Self> {
        None
    }
}

#[cfg(feature = "libtorch")]
unsafe extern "C" {
    /// libtorch's `TORCH_ABI_VERSION`: from the highest byte down, major, minor, patch, and five bytes of a tag.
    safe fn aoti_torch_abi_version() -> u64;
}
