use super::shapes::{Shape, Shapes, holds, middle};
use crate::figure::canvas::{Point, Rectangle};
use crate::figure::{Format, PlanePanel, Ribbon, RibbonPoint, RunFigure, StepPanel, Track, Tracks, color, draw_runs};
use plotters::style::RGBColor;

const BLACK: &str = "#000000";
const DASHED: &str = "#5A5A5A";

fn hex(index: usize) -> String {
    let RGBColor(r, g, b) = color::of_many(index);
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn ribbon(values: &[(f64, f64, [f64; 2])]) -> Ribbon {
    let point = |&(x, middle, range): &(f64, f64, [f64; 2])| RibbonPoint { x, middle: Some(middle), range };
    Ribbon { points: values.iter().map(point).collect(), broken: Vec::new() }
}

/// A run straight from one place to another.
fn straight(from: [f64; 2], to: [f64; 2], is_broken: bool) -> Track {
    Track { points: vec![from, to], is_broken }
}

/// With as many kinds as there are ribbons and tracks.
fn figure(ribbons: Vec<Ribbon>, tracks: Vec<Tracks>) -> RunFigure {
    RunFigure {
        title: "Runs".to_owned(),
        names: (0..ribbons.len().max(tracks.len())).map(|index| format!("kind {index}")).collect(),
        steps: vec![StepPanel {
            title: "Over the steps".to_owned(),
            y_label: "gap".to_owned(),
            is_logarithmic: true,
            ribbons,
        }],
        plane: PlanePanel {
            title: "In the plane".to_owned(),
            x_label: "KL".to_owned(),
            y_label: "reward".to_owned(),
            tracks,
            start: Some([0.0, 0.0]),
            limit: Vec::new(),
        },
        limit: "the most at each KL".to_owned(),
    }
}

fn draw(figure: &RunFigure) -> Shapes {
    Shapes::of(&draw_runs(figure, Format::Inline).unwrap())
}

fn near(a: Point, b: Point) -> bool {
    (a.0 - b.0).hypot(a.1 - b.1) < 0.3
}

/// Where the label of a tick on the vertical axis is.
fn height(shapes: &Shapes, frame: &Rectangle, label: &str) -> f64 {
    let beside = |text: &&super::shapes::Text| {
        (frame.left - 80.0..frame.left).contains(&text.right) && (frame.top..=frame.bottom).contains(&text.at.1)
    };
    let text = shapes.texts.iter().filter(beside).find(|text| text.text == label);
    // The line of the grid at the label's height.
    let y = text.unwrap_or_else(|| panic!("no {label}")).at.1;
    let grid = shapes.shapes.iter().filter(|line| line.area.left == frame.left && line.area.right == frame.right);
    let heights = grid.map(|line| line.area.top).filter(|top| *top > frame.top && *top < frame.bottom);
    heights.min_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs())).unwrap()
}

/// Where two values are, between two ticks.
fn between(ticks: [(f64, f64); 2], value: f64) -> f64 {
    let [(a, at_a), (b, at_b)] = ticks;
    at_a + (value - a) / (b - a) * (at_b - at_a)
}

#[test]
fn a_line_goes_through_its_values_and_a_band_around_it() {
    let values = [(0.0, 80.0, [60.0, 90.0]), (50.0, 8.0, [5.0, 12.0]), (100.0, 2.0, [1.8, 3.0])];
    let shapes = draw(&figure(vec![ribbon(&values)], vec![]));
    let frame = shapes.frames()[0];
    let x = [(0.0, shapes.tick(&frame, "0")), (100.0, shapes.tick(&frame, "100"))];
    let y = [(50_f64.log10(), height(&shapes, &frame, "50")), (2_f64.log10(), height(&shapes, &frame, "2"))];
    let place = |x_value: f64, y_value: f64| Point(between(x, x_value), between(y, y_value.log10()));
    let color = hex(0);
    let lines: Vec<&Shape> = shapes.within(&frame, "polyline", &color).collect();
    assert_eq!(lines.len(), 1);
    for (point, (x, middle, _)) in lines[0].points.iter().zip(values) {
        assert!(near(*point, place(x, middle)), "{point:?} of {x}");
    }
    let band: Vec<&Shape> = shapes.within(&frame, "polygon", &color).collect();
    for (x, _, range) in values {
        assert!(range.iter().all(|end| band[0].points.iter().any(|point| near(*point, place(x, *end)))), "{x}");
    }
}

#[test]
fn what_is_too_small_for_the_axis_lies_at_its_edge_and_that_is_said() {
    let small = [0.0, -1e-16, 1e-16, 1e-9].map(|gap| (gap, [gap, gap]));
    let values: Vec<_> = [(1.0, [1.0; 2])].into_iter().chain(small).enumerate().collect();
    let values: Vec<_> = values.into_iter().map(|(x, (middle, range))| (x as f64, middle, range)).collect();
    let shapes = draw(&figure(vec![ribbon(&values)], vec![]));
    let frame = shapes.frames()[0];
    let color = hex(0);
    let line = shapes.within(&frame, "polyline", &color).next().unwrap();
    assert!(frame.bottom - line.area.bottom < 6.0 && line.area.right > frame.right - 60.0, "{line:?}");
    let says = |shapes: &Shapes| shapes.texts.iter().any(|text| text.text == "gap (at the lower edge: less)");
    assert!(says(&shapes));
    assert!(!says(&draw(&figure(vec![ribbon(&values[..1])], vec![]))));
}

#[test]
fn runs_end_in_dots_or_crosses_and_exact_ends_are_rings() {
    let (start, end) = ([0.0, 0.0], [3.0, 2.0]);
    let tracks =
        vec![straight(start, [3.0, 1.5], false), straight(start, [2.0, 1.0], false), straight(start, [4.0, 0.5], true)];
    let mut figure = figure(vec![], vec![Tracks { tracks, end: Some(end) }]);
    figure.plane.limit = vec![[0.0, 0.0], [2.0, 1.9], [9.0, 2.1]];
    let shapes = draw(&figure);
    let frame = shapes.frames()[1];
    let x = [(0.0, shapes.tick(&frame, "0")), (4.0, shapes.tick(&frame, "4"))];
    let y = [(0.0, height(&shapes, &frame, "0.0")), (2.0, height(&shapes, &frame, "2.0"))];
    let place = |[kl, reward]: [f64; 2]| Point(between(x, kl), between(y, reward));
    let color = hex(0);
    let circles: Vec<Point> = shapes.within(&frame, "circle", &color).map(|circle| middle(&circle.area)).collect();
    let expected = [[3.0, 1.5], [2.0, 1.0], end];
    assert_eq!(circles.len(), 3);
    assert!(circles.iter().zip(expected).all(|(circle, at)| near(*circle, place(at))), "{circles:?}");
    let at_cross =
        |line: &&Shape| near(middle(&line.area), place([4.0, 0.5])) && line.area.right - line.area.left < 12.0;
    assert_eq!(shapes.within(&frame, "polyline", &color).filter(at_cross).count(), 2);
    let square = shapes.within(&frame, "polygon", BLACK).next().unwrap();
    assert!(near(middle(&square.area), place(start)));
    let dashes: Vec<&Shape> = shapes.within(&frame, "polyline", DASHED).collect();
    assert!(dashes.len() > 10 && near(dashes[0].points[0], place([0.0, 0.0])));
    for text in ["kind 0", "start", "a run's last step", "exact end", "the most at each KL"] {
        assert!(shapes.texts.iter().any(|shown| shown.text == text), "{text}");
    }
    assert!(shapes.texts.iter().any(|shown| shown.text.starts_with("a run diverged")));
}

#[test]
fn kinds_that_go_the_same_way_are_all_seen() {
    let values: Vec<_> = (0..50).map(|x| (f64::from(x), 1.0 + f64::from(x), [1.0, 60.0])).collect();
    let track = Tracks { tracks: vec![straight([0.0, 0.0], [3.0, 1.5], false)], end: None };
    let [alone, together] = [1, 3].map(|kinds| draw(&figure(vec![ribbon(&values); kinds], vec![track.clone(); kinds])));
    let length = |line: &Shape| {
        line.points.windows(2).map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum::<f64>()
    };
    for frame in together.frames() {
        let lengths = |shapes: &Shapes, kind| shapes.within(&frame, "polyline", &hex(kind)).map(length).sum::<f64>();
        let whole = lengths(&alone, 0);
        for kind in 0..3 {
            let length = lengths(&together, kind);
            assert!((length - whole / 3.0).abs() < 13.0, "{length} of {whole}, in turns of 12 pixels");
        }
    }
}

#[test]
fn twenty_kinds_with_long_names_are_told_apart_and_stay_on_the_canvas() {
    let colors: std::collections::BTreeSet<String> = (0..20).map(hex).collect();
    assert_eq!(colors.len(), 20);
    let kind = |index: u32| Tracks {
        tracks: vec![straight([0.0, 0.0], [f64::from(index), 1.0], index.is_multiple_of(2))],
        end: Some([1.0, f64::from(index)]),
    };
    let mut figure = figure(vec![Ribbon::default(); 20], (0..20).map(kind).collect());
    figure.names = (0..20).map(|index| format!("{}_{index}", "a_long_name".repeat(index))).collect();
    let shapes = draw(&figure);
    let canvas = shapes.canvas();
    for shape in &shapes.shapes {
        assert!(holds(&canvas, &shape.area), "{shape:?}");
    }
    for text in &shapes.texts {
        assert!(text.left >= 0.0 && text.right <= canvas.right && text.em > 12.0, "{text:?}");
    }
    let keys = shapes.texts.iter().filter(|text| (0..20).any(|index| text.text.ends_with(&format!("_{index}"))));
    assert_eq!(keys.count(), 20);
}
