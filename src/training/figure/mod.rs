//! The figure of a training: gap and KL over the steps, and reward against KL.

mod ribbon;
#[cfg(test)]
mod tests;

use super::{RunPath, Shown, Step};
use crate::figure::{Format, PlanePanel, RunFigure, StepPanel, Track, Tracks, draw_runs, in_font};
use anyhow::Result;

/// Draws the runs; returns the bytes of an image file.
///
/// On the left the gap and KL(theta||ref) over the steps, each with the median and the range over the runs; where no gap is known
/// there is no panel of it. On the right E\[R\] against KL(theta||ref): each run's path, its last step, the exact end of each
/// estimator, and the `frontier`, the most reward at each KL, which may be empty. Runs that diverged are marked where they did,
/// counted in the legend, and stay above all others in the medians.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(shown: &[Shown], title: &str, frontier: &[[f64; 2]], format: Format) -> Result<Vec<u8>> {
    let has_gap =
        shown.iter().flat_map(|shown| &shown.paths).flat_map(|path| &path.steps).any(|step| step.gap.is_some());
    let gap = has_gap.then(|| steps(shown, "Gap to the best E[R] \u{2212} beta KL", "gap", |step| step.gap));
    let kl = steps(shown, "KL over the steps", "KL(theta||ref) in nats", |step| Some(step.kl));
    let figure = RunFigure {
        title: in_font(title),
        names: shown.iter().map(name).collect(),
        steps: gap.into_iter().map(|gap| StepPanel { is_logarithmic: true, ..gap }).chain([kl]).collect(),
        plane: plane(shown, frontier),
        limit: "the most reward at each KL".to_owned(),
    };
    draw_runs(&figure, format)
}

/// With the number of runs that diverged.
fn name(shown: &Shown) -> String {
    let name = in_font(&shown.estimator);
    match (shown.diverged(), shown.paths.len()) {
        (0, _) => name,
        (1, 1) => format!("{name} (diverged)"),
        (diverged, runs) => format!("{name} ({diverged} of {runs} diverged)"),
    }
}

fn steps(shown: &[Shown], what: &str, y_label: &str, value: fn(&Step) -> Option<f64>) -> StepPanel {
    let runs = shown.iter().map(|shown| shown.paths.len()).max().unwrap_or(0);
    let of = if runs > 1 { format!(": median and range of {runs} runs") } else { String::new() };
    StepPanel {
        title: format!("{what}{of}"),
        y_label: y_label.to_owned(),
        is_logarithmic: false,
        ribbons: shown.iter().map(|shown| ribbon::of(shown, value)).collect(),
    }
}

fn plane(shown: &[Shown], frontier: &[[f64; 2]]) -> PlanePanel {
    let place = |step: &Step| [step.kl, step.reward];
    let track = |path: &RunPath| Track { points: path.steps.iter().map(place).collect(), is_broken: path.diverged };
    let tracks = |shown: &Shown| Tracks { tracks: shown.paths.iter().map(track).collect(), end: shown.end };
    PlanePanel {
        title: "Reward against KL: the path of each run".to_owned(),
        x_label: "KL(theta||ref) in nats".to_owned(),
        y_label: "E[R]".to_owned(),
        tracks: shown.iter().map(tracks).collect(),
        start: shown.iter().flat_map(|shown| &shown.paths).find_map(|path| path.steps.first()).map(place),
        limit: frontier.to_vec(),
    }
}
