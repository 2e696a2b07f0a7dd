//! The ticks below maps that stand close to each other: as many as have labels that do not touch.

use super::axis::Axis;
use super::canvas::text_width;

/// Between two labels, in ems.
const GAP: f64 = 0.3;

/// A tick on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// 0 at the axis's lower end, 1 at the upper.
    pub place: f64,
    /// None where it has no room.
    pub label: Option<String>,
}

/// At most about so many ticks below a map of that width, whose labels stick out by no more than the overhang, all in
/// pixels.
pub fn ticks_below(axis: &Axis, most: u32, width: f64, overhang: f64, em: f64) -> Vec<Tick> {
    let candidate = |count: u32| {
        let ticks = axis.ticks_at_most(f64::from(count)).into_iter();
        let within = |place: f64, label: &String| {
            let half = text_width(label, em) / 2.0;
            place * width - half >= -overhang && place * width + half <= width + overhang
        };
        let tick = |(value, label)| {
            let place = axis.place(value);
            Tick { place, label: Some(label).filter(|label| within(place, label)) }
        };
        ticks.map(tick).collect::<Vec<_>>()
    };
    let apart = (1..=most).map(candidate).filter(|ticks| are_apart(ticks, width, em));
    apart.max_by_key(|ticks| ticks.iter().filter(|tick| tick.label.is_some()).count()).unwrap_or_default()
}

fn are_apart(ticks: &[Tick], width: f64, em: f64) -> bool {
    let ends = |tick: &Tick| {
        let half = text_width(tick.label.as_deref()?, em) / 2.0;
        Some((tick.place * width - half, tick.place * width + half))
    };
    let labels: Vec<(f64, f64)> = ticks.iter().filter_map(ends).collect();
    labels.windows(2).all(|pair| pair[0].1 + GAP * em <= pair[1].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: f64, to: f64) -> Vec<String> {
        let axis = Axis::between(from, to);
        ticks_below(&axis, 5, 340.0, 11.0, 18.0).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn long_labels_are_fewer_and_none_sticks_out() {
        assert_eq!(labels(-0.1, 3.1), ["0", "1", "2", "3"]);
        assert_eq!(labels(0.999, 4.001), ["1", "2", "3", "4"], "a short one at the very end sticks out a little");
        assert_eq!(labels(-1e-5, 0.00102), ["0.00025", "0.00050", "0.00075"]);
        assert_eq!(labels(1.000_000_1, 1.000_000_5), ["1.0000002", "1.0000004"]);
    }
}
