//! Gives the binary and the tests an rpath to libtorch, so that they start from any folder with no LD_LIBRARY_PATH,
//! and the version of that libtorch.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // From torch-sys, which has `links = "tch"`.
    let lib = env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys tells where libtorch is, on Linux and macOS");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo:rustc-env=KLGRAD_LIBTORCH_VERSION={}", version(Path::new(&lib)).unwrap_or("unknown".to_owned()));
}

/// `major.minor.patch` as libtorch's header states it, where the headers lie beside the libraries.
fn version(lib: &Path) -> Option<String> {
    let header = fs::read_to_string(lib.parent()?.join("include/torch/headeronly/version.h")).ok()?;
    let number = |part: &str| {
        let name = format!("#define TORCH_VERSION_{part} ");
        header.lines().find_map(|line| line.strip_prefix(&name)).map(str::trim)
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}
