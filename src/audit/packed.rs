//! Many floats in a JSON file: their 64 bits, little-endian, in base64.
//!
//! For `#[serde(with = "packed")]`.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
    let (numbers, []) = bytes.as_chunks() else { return Err(D::Error::custom("a float has 8 bytes")) };
    Ok(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect())
}
