//! Rows -> the figure: lines for one setting that varies, heat maps for two.

use super::{At, Measurement, Range, Row, Sweep};
use crate::estimator::{Divergence, Parameter};
use crate::experiment::Setting;
use crate::figure::{Format, Grid, HeatMap, HeatMapRow, Line, LinePanel, Mark, draw_heat_maps, draw_lines};
use crate::policy::{Normal, Problem};
use crate::theory::{Moment, kl};
use anyhow::Result;
use std::collections::HashMap;

/// An error bar reaches so many standard errors up and down.
const BAR: f64 = 2.0;

/// What a panel or a map shows of a row.
#[derive(Clone, Copy)]
struct Quantity {
    name: &'static str,
    title: &'static str,
    of_row: fn(&Row) -> Option<Moment>,
    /// The number and its standard error.
    of_measurement: fn(&Measurement) -> Option<(f64, f64)>,
}

const QUANTITIES: [Quantity; 2] = [
    Quantity {
        name: "relative bias",
        title: "Bias",
        of_row: |row| row.relative_bias,
        of_measurement: |measured| measured.relative_bias.zip(measured.relative_bias_error),
    },
    Quantity {
        name: "relative standard deviation",
        title: "Noise",
        of_row: |row| row.relative_stdev_one_sample,
        of_measurement: |measured| measured.relative_stdev_one_sample.zip(measured.relative_stdev_error),
    },
];

/// Draws all rows of the sweep; `measured` is empty, or has a measurement for each of them in the same order.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(sweep: &Sweep, rows: &[At<Row>], measured: &[At<Measurement>], format: Format) -> Result<Vec<u8>> {
    let columns = columns(rows, measured);
    match sweep.ranges() {
        [x, y] => {
            let ((x_label, xs), (y_label, ys)) = (x.axis(), y.axis());
            let grid = Grid { x_label, xs, y_label, ys };
            draw_heat_maps(&grid, &heat_maps(&columns), format)
        }
        ranges => {
            let distance = Distance::over(ranges);
            let dots = |At { row, .. }: &At<Measurement>| {
                format!(" (dots: measured in trials of {} samples, with two standard errors)", row.sample_size)
            };
            let dots = measured.first().map_or(String::new(), dots);
            draw_lines(&panels(&columns, distance), &format!("{} in nats{dots}", distance.name()), format)
        }
    }
}

/// What the lines run over.
#[derive(Clone, Copy)]
enum Distance {
    /// KL(theta||ref).
    ToReference,
    /// KL(theta||old), where nothing but the policy that draws the samples varies.
    ToOld,
}

impl Distance {
    fn over(ranges: &[Range]) -> Self {
        let is_olds = |range: &Range| matches!(range.setting, Setting::MuOld | Setting::SigmaOld);
        if ranges.iter().all(is_olds) { Self::ToOld } else { Self::ToReference }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ToReference => "KL(theta||ref)",
            Self::ToOld => "KL(theta||old)",
        }
    }

    fn of(self, At { point, row }: &At<Row>) -> f64 {
        let normal = |mu, sigma| Normal::new(mu, sigma).expect("a point has the distributions of a problem");
        match self {
            Self::ToReference => row.kl,
            Self::ToOld => {
                let policy = normal(point.mu_theta, point.sigma_theta);
                kl(Divergence::Forward, &Problem::on_policy(policy, normal(point.mu_old, point.sigma_old)))
            }
        }
    }
}

/// The rows of one estimator and parameter, point by point, each with its measurement.
struct Column<'a> {
    estimator: &'a str,
    parameter: Parameter,
    points: Vec<(&'a At<Row<'a>>, Option<&'a Measurement<'a>>)>,
}

fn columns<'a>(rows: &'a [At<Row<'a>>], measured: &'a [At<Measurement<'a>>]) -> Vec<Column<'a>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut places = HashMap::new();
    for (index, at) in rows.iter().enumerate() {
        let Row { estimator, parameter, .. } = at.row;
        let place = *places.entry((estimator, parameter)).or_insert_with(|| {
            columns.push(Column { estimator, parameter, points: Vec::new() });
            columns.len() - 1
        });
        columns[place].points.push((at, measured.get(index).map(|at| &at.row)));
    }
    columns
}

/// Bias above noise, the mean beside the standard deviation.
fn panels(columns: &[Column], distance: Distance) -> Vec<LinePanel> {
    let pairs = QUANTITIES.into_iter().flat_map(|quantity| Parameter::ALL.map(|parameter| (quantity, parameter)));
    let panel = |(quantity, parameter): (Quantity, Parameter)| LinePanel {
        title: format!("{} of the gradient with respect to the {}", quantity.title, parameter.long_name()),
        y_label: quantity.name.to_owned(),
        lines: columns
            .iter()
            .filter(|c| c.parameter == parameter)
            .map(|column| line(column, &quantity, distance))
            .collect(),
    };
    pairs.map(panel).collect()
}

fn line(column: &Column, quantity: &Quantity, distance: Distance) -> Line {
    let mark = |(at, measured): &(&At<Row>, Option<&Measurement>)| {
        // Where the variance is infinite, an error bar says nothing.
        at.row.relative_stdev_one_sample?.finite()?;
        let (y, error) = (quantity.of_measurement)((*measured)?)?;
        Some(Mark { x: distance.of(at), y, bar: [y - BAR * error, y + BAR * error] })
    };
    Line {
        name: column.estimator.to_owned(),
        points: column.points.iter().map(|(at, _)| (distance.of(at), (quantity.of_row)(&at.row))).collect(),
        marks: column.points.iter().filter_map(mark).collect(),
    }
}

/// A row for each estimator: bias of mu and sigma, then noise of mu and sigma.
fn heat_maps(columns: &[Column]) -> Vec<HeatMapRow> {
    let map = |column: &Column, quantity: &Quantity| HeatMap {
        title: format!("{}, {}", quantity.name, column.parameter),
        quantity: quantity.name.to_owned(),
        values: column.points.iter().map(|(at, _)| (quantity.of_row)(&at.row)).collect(),
    };
    let row = |both: &[Column]| HeatMapRow {
        name: both[0].estimator.to_owned(),
        maps: QUANTITIES.iter().flat_map(|quantity| both.iter().map(|column| map(column, quantity))).collect(),
    };
    // mu and sigma of an estimator stand side by side.
    columns.chunks(Parameter::ALL.len()).map(row).collect()
}
