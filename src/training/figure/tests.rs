//! The figure of made runs, read from its SVG.

use super::draw;
use crate::figure::Format;
use crate::figure::tests::shapes::{Shape, Shapes, holds};
use crate::training::{RunPath, Shown, Step};

const FIRST: &str = "#3274A1";
const SECOND: &str = "#E1812C";
const LIMIT: &str = "#5A5A5A";

fn step(step: usize, kl: f64, gap: Option<f64>) -> Step {
    Step {
        step,
        reward: kl.sqrt(),
        kl,
        kl_ref: kl,
        objective: kl.sqrt() - 0.1 * kl,
        gap,
        kl_to_optimum: gap,
        mean_length: 1.0,
    }
}

/// A run whose KL grows towards that number and whose gap falls; `last` is the step after which it ends.
fn run(kl: f64, last: usize) -> RunPath {
    let at = |index: usize| {
        let part = index as f64 / 100.0;
        step(index, kl * part, Some(10.0 * (-5.0 * part).exp() / kl))
    };
    RunPath { steps: (0..=last).map(at).collect(), diverged: false }
}

fn broken(path: RunPath) -> RunPath {
    RunPath { diverged: true, ..path }
}

fn shown(estimator: &str, paths: Vec<RunPath>) -> Shown {
    Shown { estimator: estimator.to_owned(), paths, end: None }
}

fn usual() -> [Shown; 2] {
    let k2 = shown("k2", vec![run(1.0, 100), run(1.1, 100), run(1.2, 100), run(1.3, 100)]);
    let runs_away = vec![run(2.0, 100), broken(run(2.1, 40)), run(2.2, 100), broken(run(2.3, 60))];
    [Shown { end: Some([1.0, 1.0]), ..k2 }, shown("k3_in_reward", runs_away)]
}

fn shapes(shown: &[Shown], frontier: &[[f64; 2]]) -> Shapes {
    let svg = draw(shown, "A training", frontier, Format::Inline).unwrap();
    assert!(!String::from_utf8(svg.clone()).unwrap().contains("NaN"));
    Shapes::of(&svg)
}

fn has_text(shapes: &Shapes, text: &str) -> bool {
    shapes.texts.iter().any(|shown| shown.text == text)
}

/// The strokes of crosses: short lines at 45 degrees.
fn is_of_cross(line: &Shape) -> bool {
    let (width, height) = (line.area.right - line.area.left, line.area.bottom - line.area.top);
    line.points.len() == 2 && (width - height).abs() < 0.2 && (8.0..12.0).contains(&width)
}

#[test]
fn runs_that_diverged_are_counted_and_crossed_out_in_each_panel() {
    let shapes = shapes(&usual(), &[]);
    assert!(has_text(&shapes, "k2") && has_text(&shapes, "k3_in_reward (2 of 4 diverged)"));
    let frames = shapes.frames();
    assert_eq!(frames.len(), 3);
    for frame in frames {
        let crosses = |color| shapes.within(&frame, "polyline", color).filter(|line| is_of_cross(line)).count();
        assert_eq!([crosses(FIRST), crosses(SECOND)], [0, 4], "two strokes for each of two runs");
        let right = |tag: &'static str| {
            let shapes = shapes.within(&frame, tag, SECOND).filter(|shape| !is_of_cross(shape));
            shapes.map(|shape| shape.area.right).fold(0.0, f64::max)
        };
        // Over the steps.
        if frame.right < 800.0 {
            let at = |label: &str| shapes.tick(&frame, label);
            assert!((right("polyline") - at("60")).abs() < 0.3, "the median ends where half of the runs have diverged");
            assert!((right("polygon") - at("100")).abs() < 1.1, "the range goes on");
        }
    }
}

#[test]
fn a_run_that_diverged_is_above_the_others_in_the_median() {
    let ribbon = super::ribbon::of(&usual()[1], |step| Some(step.kl));
    let middle = |index: usize| ribbon.points[index].middle;
    let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-12;
    assert!(near(middle(40), 2.15 * 0.4), "{:?}", middle(40));
    // Of 2.0, 2.2, 2.3 and the one that is gone.
    assert!(near(middle(41), 2.25 * 0.41), "{:?}", middle(41));
    assert_eq!((middle(60).is_some(), middle(61)), (true, None));
    assert_eq!(ribbon.points[100].range, [2.0, 2.2]);
    assert_eq!(ribbon.broken, [[40.0, 2.1 * 0.4], [60.0, 2.3 * 0.6]]);
}

#[test]
fn the_frontier_is_dashed_where_there_is_one() {
    let plane = |shapes: &Shapes| shapes.frames()[2];
    let with = shapes(&usual(), &[[0.0, 0.1], [1.0, 1.4], [50.0, 9.0]]);
    assert!(with.within(&plane(&with), "polyline", LIMIT).count() > 10);
    assert!(has_text(&with, "the most reward at each KL"));
    let without = shapes(&usual(), &[]);
    assert_eq!(without.shapes.iter().filter(|shape| shape.color == LIMIT).count(), 0);
    assert!(!has_text(&without, "the most reward at each KL"));
    // The axes are those of the runs.
    assert_eq!(with.tick(&plane(&with), "2.0"), without.tick(&plane(&without), "2.0"));
}

#[test]
fn without_a_known_gap_there_are_two_panels() {
    let mut runs = usual();
    runs.iter_mut()
        .flat_map(|shown| &mut shown.paths)
        .flat_map(|path| &mut path.steps)
        .for_each(|step| step.gap = None);
    let shapes = shapes(&runs, &[]);
    let [kl, plane] = shapes.frames()[..] else { panic!("two frames") };
    assert_eq!((kl.top, kl.bottom), (plane.top, plane.bottom));
    assert!(has_text(&shapes, "KL over the steps: median and range of 4 runs"));
}

#[test]
fn any_runs_stay_within_the_figure() {
    let of = |steps: &[Step]| RunPath { steps: steps.to_vec(), diverged: false };
    let still = |gap: Option<f64>| of(&[step(0, 0.0, gap)]);
    let far = of(&[step(0, 0.0, Some(1.0)), step(1, 1e-300, Some(-1e-17)), step(2, 690.0, Some(1e6))]);
    let sets = [
        vec![],
        vec![shown("k2", vec![])],
        vec![shown("k2", vec![broken(still(None))])],
        vec![shown("k2", vec![still(Some(0.0))]), shown("k3", vec![broken(still(Some(1e-16)))])],
        vec![shown("k2", vec![far]), shown("k3", vec![broken(run(0.1, 7)), run(1e-9, 1000)])],
        (0..20).map(|index| shown("政策_k1", vec![run(f64::from(index), 3), broken(run(0.5, 0))])).collect(),
    ];
    for set in sets {
        let shapes = shapes(&set, &[[0.0, 0.0], [1e9, 1e9]]);
        let canvas = shapes.canvas();
        for shape in &shapes.shapes {
            assert!(holds(&canvas, &shape.area), "{shape:?} of {set:?}");
        }
        for text in &shapes.texts {
            assert!(text.left >= 0.0 && text.right <= canvas.right, "{text:?} of {set:?}");
        }
    }
}

#[test]
fn many_noisy_runs_make_no_large_file() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut noisy = |kl: f64| {
        let steps = (0..=2000).map(|index| step(index, kl * (1.0 + 0.02 * random()), Some(random())));
        RunPath { steps: steps.collect(), diverged: false }
    };
    let runs: Vec<Shown> = (1..=2).map(|k| shown("k1", (0..20).map(|_| noisy(f64::from(k))).collect())).collect();
    let [bytes, again] = [(), ()].map(|()| draw(&runs, "Noise", &[], Format::Inline).unwrap());
    // 80,000 points would be 800,000 bytes in the plane alone.
    assert!(bytes.len() < 400_000, "{} bytes", bytes.len());
    assert!(bytes == again);
}
