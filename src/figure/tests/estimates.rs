use super::shapes::{Shape, Shapes, holds, middle};
use crate::figure::canvas::{Point, Rectangle};
use crate::figure::{BiasPoint, EstimateFigure, EstimateRow, Format, draw_estimates};

const SEQUENCE: &str = "#3274A1";
const LOCAL: &str = "#E1812C";
const NOISE: &str = "#5A5A5A";
const WHITE: &str = "#FFFFFF";

fn bias(value: f64, error: f64, resolved: bool) -> Option<BiasPoint> {
    Some(BiasPoint { value, error, resolved })
}

fn row(name: &str, biases: [Option<BiasPoint>; 2], noise: Option<f64>) -> EstimateRow {
    EstimateRow { name: name.to_owned(), biases, noise }
}

/// Neither ordered nor all known.
fn usual() -> Vec<EstimateRow> {
    vec![
        row("k1", [bias(1.0, 0.5, true), bias(0.4, 0.05, true)], Some(7.5)),
        row("unknown", [None, None], None),
        row("kl_full", [bias(-0.16, 0.09, false), bias(0.0, 0.0, false)], Some(1.6)),
        row("k3", [bias(-0.1, 0.2, false), bias(0.125, 0.05, true)], Some(2.9)),
        row("no number", [bias(f64::NAN, 1.0, true), None], Some(f64::NAN)),
    ]
}

fn draw(rows: Vec<EstimateRow>) -> Shapes {
    let figure = EstimateFigure {
        title: "Gradients of KL estimators".to_owned(),
        bias_label: "relative bias".to_owned(),
        bias_names: ["of whole sequences", "local"].map(str::to_owned),
        noise_label: "relative stdev of one sequence".to_owned(),
        rows,
    };
    Shapes::of(&draw_estimates(&figure, Format::Inline).unwrap())
}

/// But for the rounding of places to a tenth of a pixel.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.2
}

/// The marks of a bias in the panel, from the top: their middle, and whether they are filled.
fn marks(shapes: &Shapes, panel: &Rectangle, tag: &str, color: &str) -> Vec<(Point, bool)> {
    let is_hollow = |mark: &Shape| {
        let is_inner = |inner: &Shape| {
            let (a, b) = (middle(&inner.area), middle(&mark.area));
            holds(&mark.area, &inner.area) && near(a.0, b.0) && near(a.1, b.1)
        };
        shapes.within(panel, tag, WHITE).any(is_inner)
    };
    shapes.within(panel, tag, color).map(|mark| (middle(&mark.area), !is_hollow(mark))).collect()
}

/// The ends of the bars in a colour, and how many of them have a cap, from the top.
fn bars<'a>(shapes: &'a Shapes, panel: &'a Rectangle, color: &'a str) -> Vec<(f64, f64, usize)> {
    let lines = || shapes.within(panel, "polyline", color).map(|line| line.area);
    let caps = |bar: Rectangle| lines().filter(move |cap| cap.left == cap.right && middle(cap).1 == bar.top).count();
    lines().filter(|line| line.top == line.bottom).map(|bar| (bar.left, bar.right, caps(bar))).collect()
}

#[test]
fn rows_are_ordered_by_noise() {
    let shapes = draw(usual());
    let [bias, noise] = shapes.frames()[..] else { panic!("two panels") };
    let names = shapes.texts.iter().filter(|text| text.right < bias.left && text.at.1 < bias.bottom);
    let mut names: Vec<(&str, f64)> = names.map(|text| (text.text.as_str(), text.at.1)).collect();
    names.sort_by(|a, b| a.1.total_cmp(&b.1));
    assert_eq!(names.iter().map(|name| name.0).collect::<Vec<_>>(), ["kl_full", "k3", "k1", "unknown", "no number"]);

    let dots = marks(&shapes, &noise, "circle", NOISE);
    assert_eq!(dots.len(), 3);
    let (two, five) = (shapes.tick(&noise, "2"), shapes.tick(&noise, "5"));
    for (((dot, is_filled), value), (_, y)) in dots.into_iter().zip([1.6, 2.9, 7.5]).zip(names) {
        let x = two + (value / 2.0_f64).ln() / 2.5_f64.ln() * (five - two);
        assert!(near(dot.0, x) && near(dot.1, y) && is_filled, "{dot:?} of {value}");
    }
}

#[test]
fn a_bias_is_filled_where_it_is_told_from_0_and_its_bar_ends_at_its_error() {
    let shapes = draw(usual());
    let panel = shapes.frames()[0];
    let (tenth, one) = (shapes.tick(&panel, "0.1"), shapes.tick(&panel, "1"));
    let x = |value: f64| one + value.log10() * (one - tenth);

    let expected = [(0.16, false), (0.1, false), (1.0, true)];
    let found = marks(&shapes, &panel, "circle", SEQUENCE);
    assert_eq!(found.len(), 3);
    for ((at, is_filled), (value, resolved)) in found.iter().zip(expected) {
        assert!(near(at.0, x(value)) && *is_filled == resolved, "{value}: {at:?}, {is_filled}");
    }
    let limits = [(panel.left, x(0.25), 1), (panel.left, x(0.3), 1), (x(0.5), x(1.5), 2)];
    let found = bars(&shapes, &panel, SEQUENCE);
    assert_eq!(found.len(), 3);
    for (bar, end) in found.iter().zip(limits) {
        assert!(near(bar.0, end.0) && near(bar.1, end.1) && bar.2 == end.2, "{bar:?}, not {end:?}");
    }

    let local = marks(&shapes, &panel, "polygon", LOCAL);
    assert_eq!(local.iter().map(|mark| mark.1).collect::<Vec<_>>(), [false, true, true]);
    assert!(local[0].0.0 - panel.left < 12.0, "exactly 0 is at the left edge: {local:?}");
    assert_eq!(bars(&shapes, &panel, LOCAL).len(), 2, "and has no bar");
}

#[test]
fn of_any_rows_nothing_lies_outside_of_its_frame() {
    let many = (0..60).map(|index| {
        let value = 0.01 * f64::from(index * index);
        row(&format!("k{index}"), [bias(value, 0.1, index % 2 == 0), bias(-value, 0.2, false)], Some(value + 1.0))
    });
    let extremes = [0.0, 1e-300, 1e-13, 1e-5, 1.0, 1e9, 1e300, f64::INFINITY, f64::NAN].into_iter().flat_map(|value| {
        let row = move |error, resolved| {
            row("k1", [bias(value, error, resolved), bias(-value, error, !resolved)], Some(value))
        };
        [
            row(0.0, true),
            row(1e-20, false),
            row(0.3, true),
            row(1e300, true),
            row(f64::INFINITY, false),
            row(f64::NAN, true),
        ]
    });
    let extremes: Vec<EstimateRow> = extremes.collect();
    let alone = extremes.iter().map(|row| vec![row.clone()]);
    let tables = [vec![], usual(), many.collect(), vec![row("k1", [None, None], None); 3], extremes.clone()];
    for rows in tables.into_iter().chain(alone) {
        let (count, what) = (rows.len(), format!("{:?}", rows.first()));
        let shapes = draw(rows);
        let frames = shapes.frames();
        let canvas = shapes.canvas();
        let inner: Vec<&Shape> = shapes.shapes.iter().filter(|shape| shape.area.top < frames[0].bottom).collect();
        for shape in inner.iter().filter(|shape| [SEQUENCE, LOCAL, NOISE].contains(&shape.color.as_str())) {
            assert!(frames.iter().any(|frame| holds(frame, &shape.area)), "{shape:?} of {what}");
        }
        assert!(shapes.shapes.iter().all(|shape| holds(&canvas, &shape.area)), "{what}");
        assert!(shapes.texts.iter().all(|text| text.left >= 0.0 && text.right <= canvas.right), "{what}");
        assert_eq!((shapes.size.0, frames.len()), (1600.0, 2));
        assert!(frames[0].bottom - frames[0].top >= 40.0 * count as f64, "{what}");
    }
}

#[test]
fn long_names_leave_room_for_the_panels() {
    let name = |end: &str| format!("{}_{end}", "an_estimator_".repeat(20));
    let names = [name("one"), name("two"), "政策の推定量".repeat(30), "k1".to_owned(), String::new()];
    let shapes = draw(names.iter().map(|name| row(name, [None, None], None)).collect());
    let panel = shapes.frames()[0];
    assert!(panel.left < 480.0 && panel.right - panel.left > 500.0, "{panel:?}");
    let names: Vec<_> =
        shapes.texts.iter().filter(|text| text.right < panel.left && text.at.1 < panel.bottom).collect();
    assert!(names.iter().all(|text| text.left >= 0.0 && text.em >= 12.9 && text.em == names[0].em), "{names:?}");
    assert!(names[0].text.ends_with("_one") && names[1].text.ends_with("_two"), "{names:?}");
    assert_eq!(names[3].text, "k1");
}
