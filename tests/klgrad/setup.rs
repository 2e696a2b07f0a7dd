//! What the user's environment may and may not change, in a build and in a run.

#[cfg(feature = "libtorch")]
mod libtorch;
mod machine;
mod script;
