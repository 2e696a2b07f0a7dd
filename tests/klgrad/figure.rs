//! The geometry of the figure, read from its SVG.

use crate::svg::{Svg, extent};
use crate::{changed, experiment, gradients_of, rows_of};
use klgrad::engine::Engine;
use klgrad::estimator::Parameter;
use klgrad::experiment::{Experiment, Run};
use klgrad::figure::{self, Format};
use klgrad::gradients::Gradients;
use klgrad::policy::Problem;
use klgrad::statistics::{BoxPlot, kernel_density};

const OUTLINE: &str = "#3E3E3E";
const ARTICLES: [&str; 5] = ["k1", "k2", "k3", "reverse_k1", "reverse_k2"];
const FILLS: [&str; 3] = ["#3274A1", "#E1812C", "#3A923A"];

/// The vertical axis of a panel: pixels from values, by two of its ticks.
fn value_to_pixel(svg: &Svg, labels: [&str; 2], right_of: f64, above: f64) -> impl Fn(f64) -> f64 {
    let pixel = |label: &str| {
        let in_panel =
            |at: &(f64, f64)| at.0 > right_of && at.0 < right_of + 110.0 && at.1 < above && at.1 > above - 600.0;
        svg.texts
            .iter()
            .find(|(text, at)| text == label && in_panel(at))
            .unwrap_or_else(|| panic!("no tick {label}"))
            .1
            .1
    };
    let [a, b] = labels.map(|label| (label.replace('\u{2212}', "-").parse::<f64>().unwrap(), pixel(label)));
    move |value| a.1 + (value - a.0) / (b.0 - a.0) * (b.1 - a.1)
}

/// The gradients of such an experiment, which draw as those of the article do.
fn gradients(num_trials: usize, sample_size: usize, estimators: &[&str]) -> (Experiment, Gradients) {
    let experiment = experiment(Problem::default(), Run { num_trials, sample_size, ..Run::default() }, estimators);
    let gradients = gradients_of(Engine::Score, &experiment);
    (experiment, gradients)
}

/// Their figure, and what it cannot show.
fn plot((experiment, mut gradients): (Experiment, Gradients)) -> (Svg, Vec<String>) {
    let rows = rows_of(&mut gradients, &experiment);
    let panels = figure::panels(&mut gradients, &rows).unwrap();
    let svg = Svg::parse(&String::from_utf8(figure::draw(&panels, Format::Svg).unwrap()).unwrap());
    assert_eq!(svg.size, (1600.0, 1200.0));
    (svg, figure::left_out(&panels))
}

#[test]
fn violins_boxes_and_truth_lie_where_the_numbers_say() {
    let (experiment, mut gradients) = gradients(200, 2000, &ARTICLES);
    let series = gradients.series(4).unwrap();
    let (svg, _) = plot((experiment, gradients));
    assert_eq!((series.estimator.as_str(), series.parameter.to_string().as_str()), ("k3", "mu"));
    let pixel = value_to_pixel(&svg, ["\u{2212}0.25", "\u{2212}1.00"], 0.0, 600.0);
    // A unit is a tenth of a pixel, and four ends are rounded to one.
    let near = |a: f64, b: f64| (a - b).abs() < 0.5;

    // The truth: one red line across each panel, and a red line in each legend.
    let red: Vec<_> = svg.lines.iter().filter(|(color, _)| color == "#FF0000").collect();
    assert_eq!(red.len(), 8);
    assert!(red.iter().any(|(_, line)| near(line[0].1, pixel(-0.826_446)) && near(line[1].1, pixel(-0.826_446))));

    // The body of k3, mu, by its colour: the first of two, mu lies left of sigma.
    let body = &svg.areas.iter().find(|(color, _)| color == FILLS[2]).unwrap().1;
    let density = kernel_density(&series.gradients, 2.0, 100).unwrap();
    let (top, bottom) = extent(body, |point| point.1);
    assert!(near(bottom, pixel(density.curve[0].0)), "{bottom}");
    assert!(near(top, pixel(density.curve[99].0)), "{top}");
    let h = density.bandwidth;
    let least = f64::from(series.gradients.iter().copied().fold(f32::INFINITY, f32::min));
    assert!((density.curve[0].0 - (least - 2.0 * h)).abs() < 1e-12);

    // The box: a thick line from the first to the third quartile, whiskers, and the median.
    let numbers = BoxPlot::of(&mut series.gradients.clone());
    let middle = extent(body, |point| point.0);
    let middle = (middle.0 + middle.1) / 2.0;
    let has_line = |color: &str, from: f64, to: f64| {
        let matches = |line: &[(f64, f64)]| {
            line.len() == 2
                && near(line[0].1, from)
                && near(line[1].1, to)
                && near((line[0].0 + line[1].0) / 2.0, middle)
        };
        svg.lines.iter().any(|(stroke, line)| stroke == color && matches(line))
    };
    assert!(has_line(OUTLINE, pixel(numbers.q1), pixel(numbers.q3)));
    assert!(has_line(OUTLINE, pixel(numbers.lower_whisker), pixel(numbers.upper_whisker)));
    assert!(has_line("#FFFFFF", pixel(numbers.median), pixel(numbers.median)));
}

#[test]
fn violins_of_a_panel_are_equally_wide_and_all_is_on_the_canvas() {
    let (svg, _) = plot(gradients(100, 500, &ARTICLES));
    let widths = |index: usize| {
        let of_color = svg.areas.iter().filter(move |(color, _)| color == FILLS[index]);
        of_color.map(|(_, body)| extent(body, |point| point.0)).map(|(left, right)| right - left).collect::<Vec<_>>()
    };
    let [k1, k2, k3] = [widths(0), widths(1), widths(2)];
    assert_eq!([k1.len(), k2.len(), k3.len()], [4, 4, 2]);
    for (a, b) in [(k1[0], k2[0]), (k1[0], k3[0]), (k1[1], k3[1]), (k1[2], k2[2]), (k1[3], k2[3])] {
        assert!((a - b).abs() < 0.3, "{a} and {b}");
    }
    svg.assert_all_on_canvas();
    svg.assert_legible();
}

#[test]
fn panels_have_the_articles_titles_labels_and_legends() {
    let (svg, left_out) = plot(gradients(20, 100, &ARTICLES));
    assert_eq!(left_out, [""; 0]);
    for title in [
        "Gradient of KL Divergence with Respect to Mean Parameter",
        "Gradient of KL Divergence with Respect to Standard Deviation Parameter",
        "Gradient of Reverse KL Divergence with Respect to Mean Parameter",
        "Gradient of Reverse KL Divergence with Respect to Standard Deviation Parameter",
    ] {
        assert_eq!(svg.count(title), 1, "{title}");
    }
    assert_eq!(svg.count("Gradient Value"), 4);
    for label in ["True KL", "True Reverse KL", "k1", "k2", "k3", "reverse_k1", "reverse_k2"] {
        assert_eq!(svg.count(label), 2, "{label}");
    }
}

#[test]
fn one_trial_is_a_line_and_said_so() {
    let (svg, left_out) = plot(gradients(1, 100, &["k3"]));
    assert_eq!(left_out, ["figure: a line instead of a violin where every gradient is the same, for mu and sigma: k3"]);
    assert_eq!(svg.lines.iter().filter(|(color, _)| color == FILLS[0]).count(), 2);
}

/// As another program may have left a summary; klgrad's own are finite.
#[test]
fn a_true_gradient_that_is_not_finite_has_no_line_and_is_said_so() {
    let (experiment, mut gradients) = gradients(20, 100, &["k1", "k2"]);
    let mut rows = rows_of(&mut gradients, &experiment);
    rows.iter_mut().filter(|row| row.parameter == Parameter::Mu).for_each(|row| row.true_gradient = f64::INFINITY);
    let panels = figure::panels(&mut gradients, &rows).unwrap();
    let [mu] = &figure::left_out(&panels)[..] else { panic!("one panel has no line") };
    assert!(mu.contains("Mean") && mu.contains("no line for the true gradient, which is not finite"), "{mu}");
    let svg = Svg::parse(&String::from_utf8(figure::draw(&panels, Format::Svg).unwrap()).unwrap());
    let red = svg.lines.iter().filter(|(color, _)| color == "#FF0000").count();
    assert_eq!((red, svg.count("True KL")), (2, 1), "the line and its key in the panel of the standard deviation");
}

#[test]
fn gradients_that_are_not_finite_are_left_out_and_said_so() {
    let (experiment, mut gradients) = gradients(20, 100, &["k1", "k2"]);
    let doctor = |series: usize, trial: usize, gradient: f32| match (series, trial) {
        (0, _) | (2, 3) => f32::NAN,
        (3, _) => 0.0,
        _ => gradient,
    };
    let (svg, left_out) = plot((experiment, changed(&mut gradients, doctor)));
    let [not_finite, level] = &left_out[..] else { panic!("{left_out:?}") };
    assert!(not_finite.ends_with("not finite are left out, for mu: k1 (20 of 20), k2 (1 of 20)"), "{not_finite}");
    assert!(level.ends_with("every gradient is the same, for sigma: k2"), "{level}");
    assert_eq!(svg.texts.iter().filter(|(text, _)| text == "k1").count(), 2, "its place is kept");
    assert_eq!(svg.areas.iter().filter(|(color, _)| color == FILLS[0]).count(), 1, "only k1, sigma has a body");
}
