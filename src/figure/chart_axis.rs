//! An axis of a chart, with its labels.

use super::axis::Axis;
use super::canvas::text_width;
use super::frame::label_width;
use super::line_panel::LABEL_EM;
use super::scale::Scale;

/// Between names below the axis, and the room for all of them, in pixels.
const NAME_GAP: f64 = 18.0;
const ROOM: f64 = 1400.0;

/// An axis with its labels.
pub struct ChartAxis {
    pub scale: Scale,
    pub name: String,
    pub ticks: Vec<(f64, String)>,
    /// Ticks without a label.
    pub minor: Vec<f64>,
}

impl ChartAxis {
    /// With the labels of the scale.
    pub fn new(scale: Scale, name: &str) -> Self {
        Self { scale, name: name.to_owned(), ticks: scale.ticks(), minor: scale.minor_ticks() }
    }

    /// With labels at whole numbers only.
    pub fn whole(scale: Scale, name: &str) -> Self {
        let whole = scale.ticks().into_iter().filter(|(value, _)| (value - value.round()).abs() < 1e-6);
        let ticks = whole.map(|(value, _)| (value, format!("{}", value.round()).replace('-', "\u{2212}"))).collect();
        Self { scale, name: name.to_owned(), ticks, minor: Vec::new() }
    }

    /// With labels of counts.
    pub fn counts(scale: Scale, name: &str) -> Self {
        let minor = scale.minor_ticks().into_iter().filter(|value| *value >= 1.0).collect();
        Self { minor, ..Self::new(scale, name) }
    }

    /// With these names at 0, 1 and so on; of many, as many as have room.
    pub fn named(names: &[String], name: &str) -> Self {
        let widest = names.iter().map(|name| text_width(name, LABEL_EM)).fold(1.0, f64::max) + NAME_GAP;
        let room = (ROOM / widest).max(1.0);
        let step = (names.len() as f64 / room).ceil().max(1.0) as usize;
        let ticks = names.iter().enumerate().step_by(step).map(|(index, name)| (index as f64, name.clone()));
        let scale = Scale::Linear(Axis::between(-0.6, names.len() as f64 - 0.4));
        Self { scale, name: name.to_owned(), ticks: ticks.collect(), minor: Vec::new() }
    }

    /// Of the widest label, in pixels.
    pub fn ticks_width(&self) -> f64 {
        self.ticks.iter().map(|tick| label_width(&tick.1, LABEL_EM)).fold(0.0, f64::max)
    }
}
