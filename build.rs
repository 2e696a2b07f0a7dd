//! Has the binary and the tests find the libtorch that they were built with, from any folder.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // From torch-sys, which has `links = "tch"`. It tells this on Linux and macOS only.
    let Ok(lib) = env::var("DEP_TCH_LIBTORCH_LIB") else { return };
    link_with(&["-rpath", &lib]);
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // RPATH instead of RUNPATH, which another torch in LD_LIBRARY_PATH would come before.
        link_with(&["--disable-new-dtags"]);
        // libtorch finds GPUs by a library of which no symbol is used, and which the linker would leave out for that.
        let cuda = Path::new(&lib).join("libtorch_cuda.so");
        if let Some(cuda) = cuda.to_str().filter(|_| cuda.exists()) {
            link_with(&["--push-state", "--no-as-needed", cuda, "--pop-state"]);
        }
    }
}

/// Hands words to the linker, each as it stands: `-Wl,` would part a folder's name at its commas.
fn link_with(words: &[&str]) {
    for word in words {
        println!("cargo:rustc-link-arg=-Xlinker");
        println!("cargo:rustc-link-arg={word}");
    }
}
