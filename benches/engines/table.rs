//! The table: whole runs of every program at the same settings.

use crate::measure::Measured;
use crate::program::{Program, Run, light};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use klgrad::engine::Engine;
use klgrad::estimator::ARTICLES;

/// The article's.
const ESTIMATORS: usize = ARTICLES.len();
const HEADER: [&str; 10] =
    ["", "threads", "samples a trial", "trials", "seconds", "ns a sample", "min..max", "MB", "/ generator", "/ Python"];

/// Sample size, number of trials, and whether autograd and Python take less than half a minute.
const SETTINGS: [(usize, usize, bool); 8] = [
    (1, 1, true),
    (16, 2000, true),
    (16, 100_000, false),
    (1000, 2000, true),
    (1000, 50_000, false),
    (50_000, 1000, true),
    (1_000_000, 100, true),
    (1_000_000_000, 1, false),
];

/// All programs at one setting.
pub struct Group {
    pub runs: Vec<Run>,
    /// Those that would take too long.
    left_out: Vec<Run>,
}

/// Every setting; the engines and Python at one thread and at `threads`, or only at `threads` where that takes long.
pub fn groups(threads: usize, with_python: bool) -> Vec<Group> {
    let group = |(sample_size, num_trials, short)| {
        let run = |program, threads| Run { program, threads, sample_size, num_trials, estimators: ESTIMATORS };
        let at = |program, counts: &[usize]| counts.iter().map(|&count| run(program, count)).collect::<Vec<_>>();
        let counts: &[usize] = if short && threads > 1 { &[1, threads] } else { &[threads] };
        let light = if light().is_some() { at(Program::Light, counts) } else { Vec::new() };
        let fast = [at(Program::Generator, &[1]), at(Program::Klgrad(Engine::Score), counts), light].concat();
        let python = if with_python { at(Program::Python, counts) } else { Vec::new() };
        let slow = [at(Program::Klgrad(Engine::Autograd), counts), python].concat();
        match short {
            true => Group { runs: [fast, slow].concat(), left_out: Vec::new() },
            false => Group { runs: fast, left_out: slow },
        }
    };
    SETTINGS.into_iter().map(group).collect()
}

/// A row for each run, group by group; the last column is for Python.
pub fn table(groups: &[Group], measured: &[Vec<Measured>], with_python: bool) -> Table {
    let columns = HEADER.len() - usize::from(!with_python);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(&HEADER[..columns]);
    for (group, measured) in groups.iter().zip(measured) {
        for one in measured {
            table.add_row([settings(&one.run), figures(one, measured)].concat().into_iter().take(columns));
        }
        for run in &group.left_out {
            table.add_row([settings(run), vec!["\u{2013}".to_owned(); columns - 4]].concat());
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn settings(run: &Run) -> Vec<String> {
    let numbers = [run.threads, run.sample_size, run.num_trials].map(|number| number.to_string());
    [vec![run.program.to_string()], numbers.to_vec()].concat()
}

fn figures(one: &Measured, group: &[Measured]) -> Vec<String> {
    let per_sample = |seconds: f64| short(1e9 * seconds / one.run.samples());
    // Where a program was measured at one thread and at more, the faster.
    let ratio = |program| {
        let medians = group.iter().filter(|other| other.run.program == program).map(Measured::median);
        medians.min_by(f64::total_cmp).map_or("\u{2013}".to_owned(), |least| short(one.median() / least))
    };
    vec![
        format!("{:.2}", one.median()),
        per_sample(one.median()),
        format!("{}..{}", per_sample(one.least()), per_sample(one.greatest())),
        format!("{:.0}", one.peak_bytes as f64 / 1e6),
        ratio(Program::Generator),
        ratio(Program::Python),
    ]
}

/// Three digits, or all of those before the point, or a power of ten.
fn short(value: f64) -> String {
    if value >= 1e6 {
        return format!("{value:.2e}");
    }
    let decimals = (2 - value.log10().floor() as i32).clamp(0, 4) as usize;
    format!("{value:.decimals$}")
}
