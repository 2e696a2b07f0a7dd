//! Rows -> the figure: lines for one setting that varies, heat maps for two.

use super::{Row, TokenSweep};
use crate::experiment::Setting;
use crate::figure::{Format, Grid, HeatMap, HeatMapRow, Line, LinePanel, Mark, draw_heat_maps, draw_lines};
use crate::pair::Made;
use crate::sweep::tokens::rows::Spread;
use crate::theory::Moment;
use anyhow::Result;

/// What a panel or a map shows of a row.
#[derive(Clone, Copy)]
struct Quantity {
    name: &'static str,
    title: &'static str,
    of_row: fn(&Row) -> Spread,
}

const QUANTITIES: [Quantity; 4] = [
    Quantity {
        name: "|strength|",
        title: "Strength: how much of the gradient of KL is in it",
        of_row: |row| row.strength,
    },
    Quantity {
        name: "relative bias",
        title: "Bias of the gradient with respect to all logits",
        of_row: |row| row.relative_bias,
    },
    Quantity {
        name: "relative local bias",
        title: "Bias from the local gradient",
        of_row: |row| row.relative_bias_local,
    },
    Quantity {
        name: "relative standard deviation",
        title: "Noise of one sample",
        of_row: |row| row.relative_stdev_one_sample,
    },
];

/// Draws all rows of the sweep, which stand point by point.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(sweep: &TokenSweep, rows: &[Row], format: Format) -> Result<Vec<u8>> {
    let is_sequence = rows.iter().any(|row| row.point.max_length.is_some());
    // Of one token the local gradient is that of KL itself.
    let quantities = QUANTITIES.into_iter().filter(|quantity| is_sequence || quantity.name != "relative local bias");
    let quantities: Vec<Quantity> = quantities.collect();
    match sweep.ranges() {
        [x, y] => {
            let ((x_label, xs), (y_label, ys)) = (x.axis(), y.axis());
            draw_heat_maps(&Grid { x_label, xs, y_label, ys }, &heat_maps(sweep, rows, &quantities), format)
        }
        ranges => {
            let setting = ranges[0].setting;
            let panels: Vec<LinePanel> =
                quantities.iter().map(|quantity| panel(sweep, rows, quantity, setting)).collect();
            draw_lines(&panels, &label(setting, rows), format)
        }
    }
}

fn label(setting: Setting, rows: &[Row]) -> String {
    let name = match setting {
        Setting::Kl => "KL(theta||ref) in nats per token",
        Setting::OldKl => "KL(old||theta) in nats per token",
        Setting::Vocabulary => "vocabulary",
        _ => "most tokens of a sequence",
    };
    match rows.first() {
        Some(Row { seeds, .. }) if *seeds > 1 => format!("{name} (medians and ranges of {seeds} made pairs)"),
        _ => name.to_owned(),
    }
}

fn at(Made { vocabulary, kl, old_kl, max_length, .. }: Made, setting: Setting) -> f64 {
    match setting {
        Setting::Kl => kl,
        Setting::OldKl => old_kl.unwrap_or(0.0),
        Setting::Vocabulary => vocabulary as f64,
        _ => max_length.unwrap_or(1) as f64,
    }
}

/// The rows of one estimator.
fn of<'a>(rows: &'a [Row], estimator: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.estimator == estimator)
}

fn panel(sweep: &TokenSweep, rows: &[Row], quantity: &Quantity, setting: Setting) -> LinePanel {
    let point = |row: &Row| (at(row.point, setting), (quantity.of_row)(row).median.map(|y| Moment::Finite(y.abs())));
    let mark = |row: &Row| {
        let Spread { median, range } = (quantity.of_row)(row);
        let [low, high] = range.filter(|_| row.seeds > 1)?;
        // Without sign, a range that holds 0 ends there.
        let (nearest, farthest) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
        let nearest = if low < 0.0 && high > 0.0 { 0.0 } else { nearest };
        Some(Mark { x: at(row.point, setting), y: median?.abs(), bar: [nearest, farthest] })
    };
    let line = |name: &str| Line {
        name: name.to_owned(),
        points: of(rows, name).map(point).collect(),
        marks: of(rows, name).filter_map(mark).collect(),
    };
    LinePanel {
        title: quantity.title.to_owned(),
        y_label: quantity.name.to_owned(),
        lines: sweep.estimators().iter().map(|estimator| line(estimator.name())).collect(),
    }
}

/// A row for each estimator, a map for each quantity.
fn heat_maps(sweep: &TokenSweep, rows: &[Row], quantities: &[Quantity]) -> Vec<HeatMapRow> {
    let map = |name: &str, quantity: &Quantity| HeatMap {
        title: quantity.name.to_owned(),
        quantity: quantity.name.to_owned(),
        values: of(rows, name).map(|row| (quantity.of_row)(row).median.map(|y| Moment::Finite(y.abs()))).collect(),
    };
    let row = |name: &str| HeatMapRow {
        name: name.to_owned(),
        maps: quantities.iter().map(|quantity| map(name, quantity)).collect(),
    };
    sweep.estimators().iter().map(|estimator| row(estimator.name())).collect()
}
