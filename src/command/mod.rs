//! One verb a file.

mod claims;
mod plot;
mod reproduce;
mod sweep;
mod terminal;
mod theory;

pub use claims::claims;
pub use plot::plot;
pub use reproduce::reproduce;
pub use sweep::sweep;
pub use terminal::fail;
pub use theory::theory;

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
