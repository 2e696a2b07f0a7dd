//! A number that may be missing, as files hold it: `NaN` in CSV, where an empty cell would make some readers take a
//! whole column for text, and null in JSON, which has no other word for it.
//!
//! For `#[serde(with = "crate::maybe_number")]`.

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

pub(crate) fn serialize<T: Serialize, S: Serializer>(number: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => number.serialize(serializer),
        None => serializer.serialize_f64(f64::NAN),
    }
}

/// An empty cell is missing as well, and NA: other programs write it so.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    or_nan(deserializer).map(|number: f64| Some(number).filter(|number| !number.is_nan()))
}

/// The same for a number that is there, but may be no number.
pub(crate) fn or_nan<'de, D: Deserializer<'de>, F: FromStr + From<f32>>(deserializer: D) -> Result<F, D::Error> {
    struct Cell<F>(PhantomData<F>);

    impl<F: FromStr + From<f32>> Visitor<'_> for Cell<F> {
        type Value = F;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            formatter.write_str("a number")
        }

        fn visit_str<E: Error>(self, cell: &str) -> Result<F, E> {
            match cell {
                "" | "NA" => Ok(F::from(f32::NAN)),
                _ => cell.parse().map_err(|_| E::custom("should be a number")),
            }
        }
    }

    deserializer.deserialize_str(Cell(PhantomData))
}
