//! What a file may hold in a field.

use std::borrow::Cow;

/// Why a value that the file names cannot be read, though it was right.
pub(super) const LOST: &str = "is lost, as the file is cut short";

/// Whether there is one number, or a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    One,
    List,
}

/// A value of a field.
pub(super) trait Value {
    /// Appends its numbers; lists of one list count as that one.
    ///
    /// # Errors
    /// Where it holds other than numbers: what it does, such as `holds a string at token 3`.
    fn numbers(&self, into: &mut Vec<f64>) -> Result<Kind, String>;

    /// A whole number, if it is one, or a list of one.
    fn integer(&self) -> Option<i64>;

    /// A text or a number, if it is one, or a list of one.
    fn name(&self) -> Option<Cow<'_, str>>;

    /// Whether it says that there is none.
    fn is_missing(&self) -> bool;
}
