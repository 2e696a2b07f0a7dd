//! Sums in files.

use super::Exact;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How files hold a sum: its floats, or the name of what is no number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Held {
    Finite(Vec<f64>),
    Beyond(String),
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value();
        let held = if value.is_finite() { Held::Finite(self.floats()) } else { Held::Beyond(value.to_string()) };
        held.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut sum = Self::default();
        match Held::deserialize(deserializer)? {
            Held::Finite(parts) => parts.into_iter().for_each(|part| sum.add(part)),
            Held::Beyond(name) => sum.beyond = name.parse().map_err(serde::de::Error::custom)?,
        }
        Ok(sum)
    }
}
