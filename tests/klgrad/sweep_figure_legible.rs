//! What can be read of the figures of a sweep: the sizes of texts, labels close to each other, colours side by side.

use crate::svg::extent;
use crate::sweep_figure::{Frame, maps, svg_of_lines, svg_of_maps, values};
use klgrad::figure::{Grid, HeatMap, HeatMapRow, Line, LinePanel};
use klgrad::theory::Moment;

fn of(value: f64) -> Option<Moment> {
    Some(Moment::Finite(value))
}

#[test]
fn names_of_one_kind_have_one_size() {
    let name = |index: usize| format!("estimator{}", "_with_a_long_name".repeat(index));
    let long = |index: usize| format!("A panel {}", "of which much can be said ".repeat(index));
    let line = Line { name: "k1".to_owned(), points: vec![(1.0, of(1.0)), (2.0, of(2.0))], marks: Vec::new() };
    let panel = |index| LinePanel { title: long(index), y_label: name(index), lines: vec![line.clone()] };
    let svg = svg_of_lines(&[panel(1), panel(3)]);
    assert!(svg.em_of([long(1).trim(), long(3).trim()]) < 21.0);
    assert!(svg.em_of([name(1).as_str(), &name(3)]) <= 19.0);

    let grid = Grid { x_label: "x".to_owned(), xs: vec![1.0], y_label: "y".to_owned(), ys: vec![1.0] };
    let map = |index| HeatMap { title: long(index), quantity: "noise".to_owned(), values: vec![of(1.0)] };
    let row = |index| HeatMapRow { name: name(index), maps: vec![map(1), map(3)] };
    let svg = svg_of_maps(&grid, &[row(0), row(1)]);
    assert!(svg.em_of([long(1).trim(), long(3).trim()]) < 20.0);
    assert!(svg.em_of([name(0).as_str(), &name(1)]) < 20.0);
}

#[test]
fn labels_below_maps_side_by_side_do_not_touch() {
    for (from, to) in [(0.0, 0.001), (1e5, 5e5), (1.000_001, 1.000_005), (-3e-9, 1e-9)] {
        let svg = maps(&values(41, from, to).collect::<Vec<_>>(), &[5.0, 6.0], &[of(1.0); 82]);
        let Frame([left, _, right, bottom]) = Frame::all(&svg)[0];
        let below = |at: &(f64, f64)| (left..right).contains(&at.0) && (bottom..bottom + 20.0).contains(&at.1);
        assert!(svg.texts.iter().filter(|(_, at)| below(at)).count() >= 2, "from {from} to {to}");
    }
}

#[test]
fn no_background_shines_through_between_colors() {
    let values: Vec<_> = (1..=12).map(|value| of(value.into())).collect();
    let svg = maps(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0], &values);
    let sides = |area: &(String, Vec<(f64, f64)>)| (extent(&area.1, |point| point.0), extent(&area.1, |point| point.1));
    let areas: Vec<_> = svg.areas.iter().map(sides).collect();
    // Cells of a row, and steps of the colour bar, each drawn after its neighbour on the left.
    let neighbours: Vec<_> =
        areas.windows(2).filter(|pair| pair[0].1 == pair[1].1 && (pair[0].0.1 - pair[1].0.0).abs() < 2.0).collect();
    assert!(neighbours.len() > 100);
    assert!(neighbours.iter().all(|pair| pair[0].0.1 - pair[1].0.0 > 0.85), "a pixel, but for rounding of two ends");
}
