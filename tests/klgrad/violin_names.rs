//! The names below the violins, for any number of them.

use crate::svg::{Svg, extent};
use klgrad::estimator::{Divergence, Estimator, Parameter};
use klgrad::figure::{self, Format, Panel, Violin};

const BLACK: &str = "#000000";

/// A panel with violins of these names, and ticks at numbers of six digits.
fn panel(names: &[String]) -> Panel {
    let gradients: Vec<f32> = (0..20).map(|index| 1e5 * index as f32).collect();
    Panel {
        title: "Gradient of Reverse KL Divergence with Respect to Standard Deviation Parameter".to_owned(),
        parameter: Parameter::Sigma,
        truth_label: "True Reverse KL".to_owned(),
        truth: Some(1e5),
        violins: names.iter().map(|name| Violin::new(name, gradients.clone())).collect(),
    }
}

/// A figure with two panels a row, which have the names of that row.
fn draw(rows: &[&[String]]) -> Svg {
    let panels: Vec<Panel> = rows.iter().flat_map(|names| [panel(names), panel(names)]).collect();
    let svg = Svg::parse(&String::from_utf8(figure::draw(&panels, Format::Svg).unwrap()).unwrap());
    svg.assert_all_on_canvas();
    svg.assert_legible();
    svg
}

/// The one size that all names have.
fn em(svg: &Svg, rows: &[&[String]]) -> f64 {
    svg.em_of(rows.iter().copied().flatten().map(String::as_str))
}

fn names(estimators: &[Estimator], divergence: Divergence) -> Vec<String> {
    let of_divergence = estimators.iter().filter(|estimator| estimator.aim() == divergence);
    of_divergence.map(|estimator| estimator.name().to_owned()).collect()
}

/// The heights of the panels' frames, in whole pixels.
fn frame_heights(svg: &Svg) -> Vec<f64> {
    let frames = svg.lines.iter().filter(|(color, points)| color == BLACK && points.len() == 5);
    frames.map(|(_, points)| extent(points, |point| point.1)).map(|(top, bottom)| (bottom - top).round()).collect()
}

#[test]
fn the_articles_names_stand_level() {
    let rows = Divergence::ALL.map(|divergence| names(&Estimator::articles(), divergence));
    let rows = [rows[0].as_slice(), &rows[1]];
    let svg = draw(&rows);
    assert_eq!((svg.size, em(&svg, &rows)), ((1600.0, 1200.0), 13.9));
    assert_eq!(frame_heights(&svg), [523.0; 4]);
    let name = svg.labels.iter().find(|label| label.text == "reverse_k1").unwrap();
    assert!(name.right - name.left > name.bottom - name.top);
}

#[test]
fn names_of_all_estimators_have_one_size_and_panels_make_room_for_them() {
    let rows = Divergence::ALL.map(|divergence| names(&Estimator::all(), divergence));
    let rows = [rows[0].as_slice(), &rows[1]];
    let svg = draw(&rows);
    assert_eq!((svg.size.0, em(&svg, &rows)), (1600.0, 13.9));
    assert_eq!(frame_heights(&svg), [523.0; 4]);
}

#[test]
fn many_names_have_one_size_and_the_figure_makes_room_for_them() {
    let many: Vec<String> = (0..100).map(|index| format!("k2_lambda_shared_printed_{index}")).collect();
    for count in [1, 6, 20, 40, 100] {
        let rows = [&many[..count], &many[..1]];
        let svg = draw(&rows);
        assert_eq!(em(&svg, &rows), 13.9, "{count}");
        assert!(svg.areas.iter().all(|(_, body)| {
            let (left, right) = extent(body, |point| point.0);
            right - left > 15.0
        }));
    }
}

#[test]
fn a_figure_of_nothing_is_a_white_page() {
    assert_eq!(draw(&[]).size, (1600.0, 1200.0));
}
