//! KL over the steps.

use crate::audit::{Audit, Estimate, Group, Kl, Step};
use crate::figure::{Band, BandAxis, BandFigure, BandPoint, Format, draw_bands, in_font};
use anyhow::Result;

pub(super) type Estimator = (&'static str, fn(&Kl) -> Estimate);
const ESTIMATORS: [Estimator; 3] = [("k1", |kl| kl.k1), ("k2", |kl| kl.k2), ("k3", |kl| kl.k3)];

pub(super) fn draw(audit: &Audit, format: Format) -> Option<Result<Vec<u8>>> {
    let kl = audit.all.kl.as_ref()?;
    let with_kl: Vec<&Group> = audit.steps.iter().filter(|step| step.kl.is_some()).collect();
    let (x, x_label, bands) = match with_kl[..] {
        [] | [_] => (estimators(), "estimator", of_all(kl)),
        _ => over_steps(&with_kl),
    };
    let figure = BandFigure {
        title: "KL(policy||ref) with two standard errors".to_owned(),
        x,
        x_label: x_label.to_owned(),
        y_label: "mean over tokens in nats".to_owned(),
        bands,
        level: (kl.rounding_floor > 0.0).then(|| ("rounding floor of k2 and k3".to_owned(), kl.rounding_floor)),
    };
    Some(draw_bands(&figure, format))
}

fn estimators() -> BandAxis {
    BandAxis::Names(ESTIMATORS.map(|(name, _)| name.to_owned()).into())
}

/// One estimate each, side by side.
fn of_all(kl: &Kl) -> Vec<Band> {
    let band = |(index, (name, of)): (usize, &Estimator)| Band {
        name: (*name).to_owned(),
        points: vec![point(index as f64, of(kl))],
    };
    ESTIMATORS.iter().enumerate().map(band).collect()
}

fn over_steps(groups: &[&Group]) -> (BandAxis, &'static str, Vec<Band>) {
    let numbers: Option<Vec<f64>> = groups.iter().map(|group| number(group)).collect();
    let is_numbered = numbers.is_some();
    let places = numbers.unwrap_or_else(|| (0..groups.len()).map(|index| index as f64).collect());
    let band = |(name, of): &Estimator| Band {
        name: (*name).to_owned(),
        points: places.iter().zip(groups).filter_map(|(x, group)| Some(point(*x, of(group.kl.as_ref()?)))).collect(),
    };
    let axis =
        if is_numbered { BandAxis::Whole } else { BandAxis::Names(groups.iter().map(|group| name(group)).collect()) };
    (axis, if is_numbered { "step" } else { "file" }, ESTIMATORS.iter().map(band).collect())
}

fn point(x: f64, estimate: Estimate) -> BandPoint {
    BandPoint { x, y: estimate.mean, error: estimate.standard_error }
}

fn number(group: &Group) -> Option<f64> {
    match group.step {
        Some(Step::Number(step)) => Some(step as f64),
        _ => None,
    }
}

/// The end of a file's name, which tells it from the others.
fn name(group: &Group) -> String {
    const LONGEST: usize = 16;
    let name = group.step.as_ref().map_or(String::new(), Step::to_string);
    let letters: Vec<char> = in_font(&name).chars().collect();
    match letters.len() > LONGEST {
        true => format!("..{}", letters[letters.len() - LONGEST..].iter().collect::<String>()),
        false => letters.into_iter().collect(),
    }
}
