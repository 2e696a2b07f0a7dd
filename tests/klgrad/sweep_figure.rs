//! The geometry of the figures of a sweep, read from their SVG.

use crate::svg::{Svg, extent};
use crate::{named, problem};
use klgrad::estimator::{Estimator, Parameter};
use klgrad::figure::{
    Format, Grid, HeatMap, HeatMapRow, Line, LinePanel, Mark, draw_heat_maps, draw_lines, draw_lines_apart,
};
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment, Row};

const BLACK: &str = "#000000";
const REGION: &str = "#ECECEC";
const K1: &str = "#3274A1";
const K2: &str = "#E1812C";
const K3: &str = "#3A923A";
const REVERSE_K1: &str = "#C03D3E";

/// The article's policy against another reference.
fn against(mu_ref: f64, sigma_ref: f64) -> Problem {
    problem(0.0, 1.0, mu_ref, sigma_ref)
}

/// KL(pi_theta||pi_ref) of normal distributions.
fn kl(Problem { policy, reference, .. }: &Problem) -> f64 {
    let (gap, variance) = (policy.mu() - reference.mu(), reference.sigma().powi(2));
    (reference.sigma() / policy.sigma()).ln() + (policy.sigma().powi(2) + gap * gap) / (2.0 * variance) - 0.5
}

/// The theory of an estimator, and the problem that it is of.
type Point<'a> = (&'a Row, &'a Estimator, &'a Problem);

fn bias((row, ..): Point) -> Option<Moment> {
    row.relative_bias
}

fn noise((row, estimator, problem): Point) -> Option<Moment> {
    let truth = theory::kl_gradient(estimator.aim(), row.parameter, problem);
    (truth != 0.0).then(|| row.stdev_one_sample.map(|stdev| stdev / truth.abs()))
}

/// Of the gradient of one estimator with respect to the mean.
fn of_mu(quantity: fn(Point) -> Option<Moment>, name: &str, problem: &Problem) -> Option<Moment> {
    let estimators = named(&[name]);
    quantity((&theory::rows(&estimators, problem, 1000)[0], &estimators[0], problem))
}

pub fn values(count: usize, from: f64, to: f64) -> impl Iterator<Item = f64> {
    (0..count).map(move |index| from + (to - from) * index as f64 / (count.max(2) - 1) as f64)
}

/// Bias above noise, the mean beside the standard deviation.
fn panels(sweep: &[Problem], estimators: &[Estimator]) -> Vec<LinePanel> {
    type Quantity = fn(Point) -> Option<Moment>;
    let rows: Vec<Vec<Row>> = sweep.iter().map(|problem| theory::rows(estimators, problem, 1000)).collect();
    let quantities: [(&str, Quantity); 2] = [("relative bias", bias), ("relative standard deviation", noise)];
    let pairs = quantities.into_iter().flat_map(|quantity| Parameter::ALL.map(|parameter| (quantity, parameter)));
    let panel = |((y_label, quantity), parameter): ((&str, Quantity), Parameter)| {
        let line = |(index, estimator): (usize, &Estimator)| {
            let at = |(problem, rows): (&Problem, &Vec<Row>)| {
                let row = &rows[2 * index + parameter as usize];
                assert_eq!((row.estimator.as_str(), row.parameter), (estimator.name(), parameter));
                (kl(problem), quantity((row, estimator, problem)))
            };
            let points = sweep.iter().zip(&rows).map(at).collect();
            Line { name: estimator.name().to_owned(), points, marks: Vec::new() }
        };
        LinePanel {
            title: format!("{y_label}, {parameter}"),
            y_label: y_label.to_owned(),
            lines: estimators.iter().enumerate().map(line).collect(),
        }
    };
    pairs.map(panel).collect()
}

pub fn svg_of_lines(panels: &[LinePanel]) -> Svg {
    let bytes = draw_lines(panels, "KL in nats", Format::Svg).unwrap();
    let svg = Svg::parse(&String::from_utf8(bytes).unwrap());
    svg.assert_all_on_canvas();
    svg.assert_legible();
    svg
}

/// A panel's frame: left, top, right and bottom.
#[derive(Clone, Copy, Debug)]
pub struct Frame(pub [f64; 4]);

impl Frame {
    pub fn all(svg: &Svg) -> Vec<Self> {
        let frames = svg.lines.iter().filter(|(color, points)| color == BLACK && points.len() == 5);
        frames.map(|(_, points)| Self([points[0].0, points[0].1, points[2].0, points[2].1])).collect()
    }

    fn holds(&self, points: &[(f64, f64)]) -> bool {
        let Self([left, top, right, bottom]) = *self;
        points.iter().all(|&(x, y)| (left..=right).contains(&x) && (top..=bottom).contains(&y))
    }

    /// What is drawn within it in a colour.
    fn lines<'a>(&self, svg: &'a Svg, color: &str) -> Vec<&'a [(f64, f64)]> {
        let all = svg.lines.iter().filter(|(found, points)| found == color && self.holds(points));
        all.map(|(_, points)| points.as_slice()).collect()
    }

    /// Pixels from values, by two labels below it and two on its left.
    fn scale(&self, svg: &Svg, x_labels: [&str; 2], y_labels: [&str; 2]) -> impl Fn(f64, f64) -> (f64, f64) {
        let Self([left, top, right, bottom]) = *self;
        let below = |at: (f64, f64)| (left..=right).contains(&at.0) && (bottom..bottom + 20.0).contains(&at.1);
        let beside = |at: (f64, f64)| (left - 20.0..left).contains(&at.0) && (top..=bottom).contains(&at.1);
        let place = |label: &str, is_there: &dyn Fn((f64, f64)) -> bool| {
            let mut all = svg.texts.iter().filter(|(text, at)| text == label && is_there(*at));
            all.next().unwrap_or_else(|| panic!("no label {label}")).1
        };
        let axis = |labels: [&str; 2], pixels: [f64; 2]| {
            let [a, b] = labels.map(|label| label.parse::<f64>().unwrap().ln());
            move |value: f64| pixels[0] + (value.ln() - a) / (b - a) * (pixels[1] - pixels[0])
        };
        let x = axis(x_labels, x_labels.map(|label| place(label, &below).0));
        let y = axis(y_labels, y_labels.map(|label| place(label, &beside).1));
        move |x_value, y_value| (x(x_value), y(y_value))
    }
}

/// Ends of a label's scale and of the line itself are rounded to a tenth of a pixel each.
fn near(a: (f64, f64), b: (f64, f64)) -> bool {
    (a.0 - b.0).abs() < 0.4 && (a.1 - b.1).abs() < 0.4
}

fn finite(value: Option<Moment>) -> f64 {
    match value {
        Some(Moment::Finite(value)) => value,
        other => panic!("{other:?} is not finite"),
    }
}

#[test]
fn panels_apart_have_axes_and_labels_of_their_own() {
    let panel = |xs: [f64; 2]| {
        let points = xs.map(|x| (x, Some(Moment::Finite(x)))).to_vec();
        let line = Line { name: "k1".to_owned(), points, marks: Vec::new() };
        LinePanel { title: "Cost".to_owned(), y_label: "seconds".to_owned(), lines: vec![line] }
    };
    let panels = [panel([1.0, 10.0]), panel([100.0, 1e6]), panel([0.02, 0.2])];
    let labels = ["threads", "samples", "estimators"];
    let svg = Svg::parse(&String::from_utf8(draw_lines_apart(&panels, &labels, Format::Svg).unwrap()).unwrap());
    svg.assert_all_on_canvas();
    svg.assert_legible();
    let frames = Frame::all(&svg);
    assert_eq!(frames.len(), 3);
    for (frame, label) in frames.iter().zip(labels) {
        let Frame([left, _, right, bottom]) = *frame;
        let places: Vec<_> = svg.texts.iter().filter(|(text, _)| text == label).map(|(_, at)| *at).collect();
        let [(x, y)] = places[..] else { panic!("{label}: {places:?}") };
        assert!((left..right).contains(&x) && (bottom..bottom + 80.0).contains(&y), "{label} is below its panel");
        let [line] = frame.lines(&svg, K1)[..] else { panic!("one line over {label}") };
        // All but a margin of 3% on either side.
        assert!(line[line.len() - 1].0 - line[0].0 > 0.9 * (right - left), "{label} fills its panel");
    }
}

#[test]
fn lines_lie_where_their_numbers_say() {
    let sweep: Vec<Problem> = values(12, 0.5, 1.5).map(|mu_ref| against(mu_ref, 1.1)).collect();
    let svg = svg_of_lines(&panels(&sweep, &Estimator::articles()));
    let frame = Frame::all(&svg)[0];
    let to_pixels = frame.scale(&svg, ["0.2", "0.5"], ["0.5", "2"]);
    for (estimator, color) in [("k1", K1), ("k3", K3)] {
        let expected = sweep.iter().map(|problem| to_pixels(kl(problem), finite(of_mu(bias, estimator, problem))));
        let [line] = frame.lines(&svg, color)[..] else { panic!("one line of {estimator}") };
        assert!(line.len() == 12 && expected.zip(line).all(|(a, b)| near(a, *b)), "{estimator}: {line:?}");
    }
}

#[test]
fn biases_of_0_are_named_and_have_no_line() {
    let sweep: Vec<Problem> = values(20, 0.3, 2.0).map(|mu_ref| against(mu_ref, 1.1)).collect();
    let estimators = &Estimator::all()[..6];
    let svg = svg_of_lines(&panels(&sweep, estimators));
    assert_eq!(svg.count("relative bias 0: k2, reverse_k2, k1_in_reward"), 2);
    let lines: Vec<usize> = Frame::all(&svg).iter().map(|frame| frame.lines(&svg, K2).len()).collect();
    assert_eq!(lines, [0, 0, 1, 1]);
    for estimator in estimators {
        assert_eq!(svg.count(estimator.name()), 1, "one legend for the whole figure");
    }
}

#[test]
fn infinite_variances_are_a_region_with_names_at_which_lines_end() {
    let sweep: Vec<Problem> = values(19, 1.1, 2.0).map(|sigma_ref| against(0.3, sigma_ref)).collect();
    let svg = svg_of_lines(&panels(&sweep, &Estimator::articles()));
    let is_infinite = |problem: &&Problem| of_mu(noise, "k3", problem) == Some(Moment::Infinite);
    let first = kl(sweep.iter().find(is_infinite).unwrap());
    let last_finite = kl(sweep.iter().rev().find(|problem| !is_infinite(problem)).unwrap());
    let frames = Frame::all(&svg);
    assert_eq!(svg.count("infinite variance: k3, reverse_k1, reverse_k2"), 2);
    for (index, frame) in frames.iter().enumerate() {
        let regions: Vec<_> =
            svg.areas.iter().filter(|(color, area)| color == REGION && frame.holds(area)).map(|area| &area.1).collect();
        assert_eq!(regions.len(), usize::from(index >= 2), "panel {index}");
        // A sweep of x from 0.05 to 0.2 has these labels.
        let x = |value: f64| frames[0].scale(&svg, ["0.1", "0.2"], ["1", "2"])(value, 1.0).0;
        for region in regions {
            let column = frame.0[0] - frames[0].0[0];
            let (left, right) = extent(region, |point| point.0 - column);
            assert!((left - (x(last_finite) + x(first)) / 2.0).abs() < 0.4, "{left}");
            assert!((right - x(kl(&sweep[18]))).abs() < 0.4, "{right}");
            let [line] = frame.lines(&svg, K3)[..] else { panic!("one line of k3") };
            assert!((extent(line, |point| point.0 - column).1 - x(last_finite)).abs() < 0.4);
        }
    }
}

#[test]
fn a_sweep_through_equal_distributions_has_two_branches() {
    // At sigma_ref = 1 in the middle, KL is 0; the variance is infinite beyond the root of 2, on one branch only.
    let sweep: Vec<Problem> = values(31, 0.5, 2.0).map(|sigma_ref| against(0.0, sigma_ref)).collect();
    assert_eq!(sweep[10].reference.sigma(), 1.0);
    let svg = svg_of_lines(&panels(&sweep, &Estimator::articles()));
    let frames = Frame::all(&svg);
    assert_eq!(frames[1].lines(&svg, K3).len(), 2);
    assert_eq!(frames[1].lines(&svg, K3).iter().map(|line| line.len()).collect::<Vec<_>>(), [10, 20]);
    assert_eq!(svg.count("infinite variance on one branch: k3, reverse_k1, reverse_k2"), 1);
    assert_eq!(svg.count("undefined: all"), 2, "the gradients with respect to mu");
    assert_eq!(svg.count("start of the sweep"), 1);
}

#[test]
fn marks_have_error_bars_down_to_the_edge_where_0_is_in_them() {
    let points = vec![(1.0, Some(Moment::Finite(1.0))), (2.0, Some(Moment::Finite(4.0)))];
    let marks = vec![Mark { x: 1.0, y: 2.0, bar: [1.0, 3.0] }, Mark { x: 2.0, y: 1.0, bar: [-0.5, 2.5] }];
    let line = Line { name: "k1".to_owned(), points, marks };
    let panel = LinePanel { title: String::new(), y_label: String::new(), lines: vec![line] };
    let svg = svg_of_lines(&[panel]);
    let frame = Frame::all(&svg)[0];
    let to_pixels = frame.scale(&svg, ["1", "2"], ["1", "2"]);
    let bars: Vec<_> = frame.lines(&svg, K1).into_iter().filter(|bar| bar[0].0 == bar[1].0).collect();
    let [first, second] = bars[..] else { panic!("two error bars") };
    assert!(near(first[0], to_pixels(1.0, 3.0)) && near(first[1], to_pixels(1.0, 1.0)), "{first:?}");
    assert!(near(second[0], to_pixels(2.0, 2.5)) && second[1].1 == frame.0[3], "{second:?}");
    let discs: Vec<_> = svg.discs.iter().filter(|(color, _)| color == K1).map(|disc| disc.1).collect();
    assert!(discs.len() == 2 && near(discs[0], to_pixels(1.0, 2.0)) && near(discs[1], to_pixels(2.0, 1.0)));
}

pub fn svg_of_maps(grid: &Grid, rows: &[HeatMapRow]) -> Svg {
    let svg = Svg::parse(&String::from_utf8(draw_heat_maps(grid, rows, Format::Svg).unwrap()).unwrap());
    svg.assert_all_on_canvas();
    svg.assert_legible();
    svg
}

/// One row with one map per quantity.
pub fn maps(xs: &[f64], ys: &[f64], values: &[Option<Moment>]) -> Svg {
    let grid = Grid { x_label: "x".to_owned(), xs: xs.to_vec(), y_label: "y".to_owned(), ys: ys.to_vec() };
    let map = |title: &str| HeatMap { title: title.to_owned(), quantity: "noise".to_owned(), values: values.to_vec() };
    let rows = [HeatMapRow { name: "k1".to_owned(), maps: vec![map("mean"), map("standard deviation")] }];
    svg_of_maps(&grid, &rows)
}

/// The colours of a map's cells, in rows from below.
fn cells(svg: &Svg, columns: usize, rows: usize) -> Vec<String> {
    let Frame([left, top, right, bottom]) = Frame::all(svg)[0];
    let middle = |index: usize| {
        let (column, row) = (index % columns, index / columns);
        (
            left + (right - left) * (column as f64 + 0.5) / columns as f64,
            bottom - (bottom - top) * (row as f64 + 0.5) / rows as f64,
        )
    };
    let holds = |area: &[(f64, f64)], at: (f64, f64)| {
        let (x, y) = (extent(area, |point| point.0), extent(area, |point| point.1));
        (x.0..=x.1).contains(&at.0) && (y.0..=y.1).contains(&at.1)
    };
    let color = |index| &svg.areas.iter().rfind(|(_, area)| holds(area, middle(index))).unwrap().0;
    (0..columns * rows).map(|index| color(index).clone()).collect()
}

fn lightness(color: &str) -> u32 {
    let part = |from: usize| u32::from_str_radix(&color[from..from + 2], 16).unwrap();
    299 * part(1) + 587 * part(3) + 114 * part(5)
}

#[test]
fn cells_are_the_lighter_the_greater_their_values() {
    let of = |value: f64| Some(Moment::Finite(value));
    let values = [of(10.0), of(1000.0), of(1.0), of(0.0), None, Some(Moment::Infinite), of(100.0), of(1e-16)];
    let svg = maps(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], &values);
    let cells = cells(&svg, 4, 2);
    let light = |index: usize| lightness(&cells[index]);
    assert!(light(2) < light(0) && light(0) < light(6) && light(6) < light(1), "{cells:?}");
    assert_eq!((cells[1].as_str(), cells[2].as_str()), ("#FDE725", "#440154"), "the ends of viridis");
    assert_eq!([&cells[3], &cells[7]], [&cells[2], &cells[2]], "0 has the lowest colour");
    assert_eq!(cells[4], "#FFFFFF", "no value");
    assert_eq!(cells[5], "#E1E1E1", "infinite");
    assert_eq!(svg.count("0"), 2, "the colour bar's lower end, and the exponent of 1");
    for text in ["noise", "inf: infinite variance", "undefined: the true gradient is 0", "mean", "k1"] {
        assert_eq!(svg.count(text), 1, "{text}");
    }
}

#[test]
fn axes_of_maps_count_upwards_whatever_the_order_of_the_grid() {
    let of = |value: f64| Some(Moment::Finite(value));
    let upwards = maps(&[1.0, 2.0], &[5.0, 6.0], &[of(1.0), of(2.0), of(3.0), of(4.0)]);
    let downwards = maps(&[2.0, 1.0], &[6.0, 5.0], &[of(4.0), of(3.0), of(2.0), of(1.0)]);
    assert_eq!(cells(&upwards, 2, 2), cells(&downwards, 2, 2));
}

#[test]
fn figures_of_any_size_fit_their_canvas() {
    let sweep: Vec<Problem> = values(9, 0.5, 2.5).map(|sigma_ref| against(0.3, sigma_ref)).collect();
    let all = Estimator::all();
    for (sweep, estimators) in [(&sweep[..], &all[..]), (&sweep[..1], &all[..1]), (&[], &[])] {
        let panels = panels(sweep, estimators);
        let svg = svg_of_lines(&panels);
        let frames = Frame::all(&svg);
        for (_, line) in svg
            .lines
            .iter()
            .filter(|(color, line)| [K1, K2, K3, REVERSE_K1].contains(&color.as_str()) && line.len() > 2)
        {
            assert!(frames.iter().any(|frame| frame.holds(line)), "a line leaves its panel: {line:?}");
        }
        if estimators.len() < 2 {
            let png = image::load_from_memory(&draw_lines(&panels, "KL in nats", Format::Png).unwrap()).unwrap();
            assert_eq!((f64::from(png.width()), f64::from(png.height())), svg.size);
        }
    }
    maps(&[], &[], &[]);
    let one = maps(&[1.0], &[1.0], &[Some(Moment::Overflow)]);
    assert_eq!(one.count("beyond 64-bit floats"), 1);
}
