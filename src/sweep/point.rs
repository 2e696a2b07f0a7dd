//! Rows at a point of the grid, whose distributions stand first in each file of a sweep.

use crate::point::Point;
use serde::{Serialize, Serializer};

/// What a row of a file says of a point: its columns stand behind those of the point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At<T> {
    /// The point.
    pub point: Point,
    /// What there is to say of it.
    pub row: T,
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.point, &self.row).serialize(serializer)
    }
}
