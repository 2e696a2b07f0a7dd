//! A number that may be missing, as files hold it: `NaN` in CSV, where an empty cell would make some readers take a
//! whole column for text, and null in JSON, which has no other word for it.
//!
//! For `#[serde(with = "crate::maybe_number")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<T: Serialize, S: Serializer>(number: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => number.serialize(serializer),
        None => serializer.serialize_f64(f64::NAN),
    }
}

/// An empty cell is missing as well: other programs write it so.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    or_nan(deserializer).map(|number: f64| Some(number).filter(|number| !number.is_nan()))
}

/// The same for a number that is there, but may be no number.
pub(crate) fn or_nan<'de, D: Deserializer<'de>, F: Deserialize<'de> + From<f32>>(
    deserializer: D,
) -> Result<F, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(F::from(f32::NAN)))
}
