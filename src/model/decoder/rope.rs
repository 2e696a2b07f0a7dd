//! Rotary positions.

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use std::f64::consts::TAU;
use tch::{Device, Kind, Tensor};

/// How `config.json` writes it, as `rope_parameters` (from transformers 5 on) or as `rope_scaling`.
#[derive(Deserialize)]
pub(super) struct Written {
    rope_theta: Option<f64>,
    #[serde(alias = "type")]
    rope_type: Option<String>,
    partial_rotary_factor: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

/// Pair i of a head of some size turns by `theta^(-2 i / size)` a position, unless it is stretched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rope {
    theta: f64,
    stretch: Option<Stretch>,
}

/// The stretch of type `llama3`.
///
/// # Formula
/// A pair with the wavelength `w = 2 pi / frequency`, of which the original context holds `n = original / w`, gets the frequency
/// times `1` where `n > high`, times `1 / factor` where `n < low`, and between them times `(1 - s) / factor + s` with
/// `s = (n - low) / (high - low)`.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    factor: f64,
    low: f64,
    high: f64,
    original: f64,
}

impl Rope {
    /// From what is written at the top of the file, and in the new place and the old. The theta of the new place goes first, as
    /// in transformers.
    ///
    /// # Errors
    /// Where the type is not known, where a number of it is missing or out of range, and where the places contradict each other.
    pub fn new(theta: Option<f64>, parameters: Option<Written>, scaling: Option<Written>) -> Result<Self> {
        let theta_of = |written: &Option<Written>| written.as_ref().and_then(|written| written.rope_theta);
        let theta = theta_of(&parameters).or(theta_of(&scaling)).or(theta);
        let is_new = parameters.is_some();
        let written = [parameters, scaling].into_iter().flatten();
        let stretches: Vec<_> = written.map(Written::stretch).collect::<Result<_>>()?;
        ensure!(
            stretches.windows(2).all(|pair| pair[0] == pair[1]),
            "rope_parameters and rope_scaling contradict each other; one of them would be right"
        );
        // Where it is written in a way that is not known here, transformers' value for none would be a silent mistake.
        ensure!(theta.is_some() || !is_new, "rope_parameters lack rope_theta; a number would be right");
        let theta = theta.unwrap_or(10_000.0);
        ensure!(theta > 0.0 && theta.is_finite(), "rope_theta is {theta}; a positive number would be right");
        Ok(Self { theta, stretch: stretches.into_iter().next().flatten() })
    }

    /// By how much each pair of a head turns a position.
    fn frequencies(&self, size: i64) -> Vec<f64> {
        let plain = (0..size / 2).map(|pair| self.theta.powf(-2.0 * pair as f64 / size as f64));
        plain.map(|frequency| self.stretch.as_ref().map_or(frequency, |stretch| stretch.stretched(frequency))).collect()
    }
}

impl Written {
    fn stretch(self) -> Result<Option<Stretch>> {
        if let Some(part) = self.partial_rotary_factor.filter(|part| *part != 1.0) {
            bail!("partial_rotary_factor {part} is not known; 1, where a whole head turns, would be right");
        }
        match self.rope_type.as_deref() {
            None | Some("default") => return Ok(None),
            Some("llama3") => {}
            Some(other) => bail!("the rope type {other} is not known; default or llama3 would be right"),
        }
        let numbers = [self.factor, self.low_freq_factor, self.high_freq_factor, self.original_max_position_embeddings];
        let [Some(factor), Some(low), Some(high), Some(original)] = numbers else {
            bail!(
                "the rope type llama3 lacks a number; factor, low_freq_factor, high_freq_factor and \
                 original_max_position_embeddings would be right"
            )
        };
        ensure!(
            factor > 0.0 && 0.0 < low && low < high && original > 0.0,
            "the rope type llama3 has a wrong number; positive ones with low_freq_factor below high_freq_factor would be right"
        );
        Ok(Some(Stretch { factor, low, high, original }))
    }
}

impl Stretch {
    fn stretched(&self, frequency: f64) -> f64 {
        let turns = self.original * frequency / TAU;
        let share = ((turns - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        frequency * ((1.0 - share) / self.factor + share)
    }
}

/// Cosines and sines for each position, (time, 1, size). The sines of the first half of a head are negative, so that a head is
/// turned as `x cos + (x with its halves swapped) sin`.
pub(super) struct Turns {
    cos: Tensor,
    sin: Tensor,
}

impl Turns {
    /// Of all positions, on this device and of this kind.
    pub fn all(rope: &Rope, size: i64, context: i64, (kind, device): (Kind, Device)) -> Self {
        let positions = Tensor::arange(context, (Kind::Double, Device::Cpu));
        let angles = positions.outer(&Tensor::from_slice(&rope.frequencies(size)));
        let (cos, sin) = (angles.cos(), angles.sin());
        let whole = |first: &Tensor, second: &Tensor| {
            Tensor::cat(&[first, second], 1).unsqueeze(1).to_kind(kind).to_device(device)
        };
        Self { cos: whole(&cos, &cos), sin: whole(&-&sin, &sin) }
    }

    /// Of so many positions behind those seen.
    pub fn at(&self, seen: i64, new: i64) -> Self {
        Self { cos: self.cos.narrow(0, seen, new), sin: self.sin.narrow(0, seen, new) }
    }

    pub fn shared(&self) -> Self {
        Self { cos: self.cos.shallow_clone(), sin: self.sin.shallow_clone() }
    }

    /// Turns heads (batch, time, heads, size).
    pub fn turn(&self, heads: &Tensor) -> Tensor {
        let swapped = heads.roll(heads.size()[3] / 2, -1);
        (heads * &self.cos).addcmul(&swapped, &self.sin)
    }
}
