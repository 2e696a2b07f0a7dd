//! The figure of pages: their coefficients beside those of the two KL.

use super::Page;
use crate::explain::{Fingerprint, Known, Range, Subject, curve};
use crate::figure::{Curve, CurvePanel, Format, draw_curves};
use anyhow::Result;

/// D at least, and D at most, where kinks ask for more.
const AROUND: Range = [-5.0, 5.0];
const FARTHEST: Range = [-15.0, 15.0];

/// The coefficients are seen there when the vertical axis is laid out.
const MIDDLE: Range = [-3.0, 3.0];

/// Draws the coefficients c(D), and returns the bytes of an image file. Dead ranges are grey, where there is one page.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(pages: &[Page], format: Format) -> Result<Vec<u8>> {
    let x = range_of_d(pages);
    let curves = curves(pages, x);
    let title = match pages {
        [page] => format!("{} follows {}", page.title(), page.explanation.follows),
        pages => format!("The gradient coefficients of {} losses", pages.len()),
    };
    let panel = CurvePanel {
        title,
        x_label: x_label(pages).to_owned(),
        y_label: "gradient coefficient c(D)".to_owned(),
        x: (x[0], x[1]),
        y: range_of_c(&curves),
        curves,
        shaded: shaded(pages),
    };
    draw_curves(&panel, format)
}

fn x_label(pages: &[Page]) -> &'static str {
    match pages.first().map(|page| page.explanation.follows.subject) {
        Some(Subject::Sampler) => "D = log pi_theta - log pi_old",
        Some(Subject::Entropy) => "D = log pi_theta",
        _ => "D = log pi_theta - log pi_ref",
    }
}

/// Those of the two KL, and then each of the pages; of those that are the same, one.
fn curves(pages: &[Page], x: Range) -> Vec<Curve> {
    let known = |known: Known, name: &str| {
        let places = (0..=400).map(|step| x[0] + (x[1] - x[0]) * f64::from(step) / 400.0);
        let points = places.map(|d| (d, known.coefficient(d) - known.coefficient(0.0))).collect();
        Curve { name: name.to_owned(), pieces: vec![points], is_known: true }
    };
    let of_theta = known(Known::KlThetaRef, "KL(theta||ref): c = D");
    let of_ref = known(Known::KlRefTheta, "KL(ref||theta): c = 1 - e^-D");
    let mut own: Vec<(Fingerprint, Curve)> = Vec::new();
    for page in pages {
        let fingerprint = Fingerprint::of(&page.loss);
        match own.iter_mut().find(|(other, _)| other.is_that_of(&fingerprint)) {
            Some((_, other)) => other.name = format!("{}, {}", other.name, page.title()),
            None => {
                let name = page.title().to_owned();
                own.push((fingerprint, Curve { name, pieces: curve(&page.loss, x), is_known: false }));
            }
        }
    }
    // Above the lines that they may hide, thin dashes are seen.
    own.into_iter().map(|(_, curve)| curve).chain([of_theta, of_ref]).collect()
}

fn range_of_d(pages: &[Page]) -> Range {
    let ends = pages.iter().flat_map(|page| {
        let known = &page.explanation;
        [&known.dead, &known.flat, &known.wrong_way].into_iter().flatten().flatten().copied().collect::<Vec<f64>>()
    });
    let seen = ends.filter(|end| (FARTHEST[0]..=FARTHEST[1]).contains(end));
    seen.fold(AROUND, |[from, to], end| [from.min(end - 2.0), to.max(end + 2.0)])
}

/// What the curves have in the middle, and a margin.
fn range_of_c(curves: &[Curve]) -> (f64, f64) {
    let points = curves.iter().flat_map(|curve| curve.pieces.iter().flatten());
    let middle = points.filter(|(d, c)| (MIDDLE[0]..=MIDDLE[1]).contains(d) && c.is_finite()).map(|(_, c)| *c);
    let (least, greatest) =
        middle.fold((-1.0, 1.0), |(least, greatest): (f64, f64), c| (least.min(c), greatest.max(c)));
    let margin = 0.1 * (greatest - least);
    (least - margin, greatest + margin)
}

fn shaded(pages: &[Page]) -> Option<(String, Vec<(f64, f64)>)> {
    let [page] = pages else { return None };
    let ranges: Vec<(f64, f64)> = page.explanation.dead.iter().map(|&[from, to]| (from, to)).collect();
    (!ranges.is_empty()).then(|| ("dead: no sample there has a gradient".to_owned(), ranges))
}
