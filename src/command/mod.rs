//! One verb a file.

mod audit;
mod claims;
mod completions;
mod explain;
mod frameworks;
#[cfg(feature = "libtorch")]
mod measure;
#[cfg(feature = "libtorch")]
mod models;
mod plot;
mod reproduce;
mod sampling;
mod sweep;
mod terminal;
mod theory;
mod token_sweep;
mod tokens;
mod train;
mod training_runs;

pub use audit::audit;
pub use claims::claims;
pub use completions::completions;
pub use explain::explain;
pub use frameworks::frameworks;
#[cfg(feature = "libtorch")]
pub use measure::measure;
pub use plot::plot;
pub use reproduce::reproduce;
pub use sampling::check_trials;
pub use sweep::sweep;
pub use terminal::fail;
#[cfg(test)]
pub use terminal::take;
pub use theory::theory;
pub use train::train;

use klgrad::experiment::{InvalidSetting, Setting};
use std::fmt;

/// A command that was called wrongly, as opposed to one that failed.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

impl Usage {
    /// What the library says of a setting of a name of its own, such as `learning_rate is 0`, said of the option.
    pub fn of_option(error: &anyhow::Error) -> Self {
        let text = error.to_string();
        let (name, rest) = text.split_once(' ').unwrap_or((&text, ""));
        Self(format!("--{} {rest}", name.replace('_', "-")))
    }
}

impl From<InvalidSetting> for Usage {
    fn from(InvalidSetting { setting, reason }: InvalidSetting) -> Self {
        Self(format!("{} {reason}", option(setting)))
    }
}

/// What asks for libtorch is refused where there is none.
pub fn needs_libtorch(what: &str) -> Usage {
    Usage(format!(
        "{what} needs libtorch, which this klgrad was built without; `make reproduce`, in a copy of its source, builds \
         one that has it, as target/release/klgrad, and docs/libtorch.md says more"
    ))
}

/// The option that a setting has on the command line.
pub fn option(setting: Setting) -> String {
    format!("--{}", setting.to_string().replace('_', "-"))
}
