//! How the cost grows with each setting: a panel for each, from runs of the generator and of both engines.

use crate::measure::Measured;
use crate::program::{Program, Run};
use anyhow::Result;
use klgrad::engine::Engine;
use klgrad::figure::{Format, Line, LinePanel, Mark, draw_lines_apart};
use klgrad::theory::Moment;

const PROGRAMS: [Program; 3] = [Program::Generator, Program::Klgrad(Engine::Score), Program::Klgrad(Engine::Autograd)];

/// What the runs of a program add up to, beside which its start-up is small: samples, and trials at most.
fn size(program: Program) -> (usize, usize) {
    match program {
        Program::Klgrad(Engine::Autograd) | Program::Python => (10_000_000, 2000),
        Program::Generator | Program::Light | Program::Klgrad(Engine::Score) => (100_000_000, 100_000),
    }
}

/// Runs that differ in one setting.
pub struct Series {
    pub setting: &'static str,
    values: Vec<usize>,
    /// The run of a program at a value; `None` where it would take too long.
    run: fn(Program, usize, usize) -> Option<Run>,
    /// Whether a figure is the time of a whole run, and not of a sample.
    whole: bool,
}

fn run(program: Program, threads: usize, sample_size: usize, estimators: usize) -> Run {
    let (samples, most_trials) = size(program);
    let num_trials = (samples / sample_size).clamp(1, most_trials);
    let threads = if program == Program::Generator { 1 } else { threads };
    Run { program, threads, sample_size, num_trials, estimators }
}

/// The series for a machine with so many threads.
pub fn all(threads: usize) -> [Series; 4] {
    let counts = (0..).map(|exponent| 1 << exponent).take_while(|&count| count < threads).chain([threads]);
    [
        Series {
            setting: "samples a trial",
            values: vec![16, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
            run: |program, threads, sample_size| Some(run(program, threads, sample_size, 5)),
            whole: false,
        },
        Series {
            setting: "trials of 1000 samples",
            values: vec![1, 10, 100, 1000, 10_000, 100_000],
            run: |program, threads, num_trials| {
                let run = Run { num_trials, ..run(program, threads, 1000, 5) };
                (num_trials <= 5 * size(program).1).then_some(run)
            },
            whole: true,
        },
        Series {
            setting: "estimators",
            values: vec![1, 5, 10, 15],
            run: |program, threads, estimators| Some(run(program, threads, 50_000, estimators)),
            whole: false,
        },
        Series {
            setting: "threads",
            values: counts.collect(),
            run: |program, _, threads| Some(run(program, threads, 50_000, 5)),
            whole: false,
        },
    ]
}

impl Series {
    /// The runs at each value, which are compared.
    pub fn groups(&self, threads: usize) -> Vec<Vec<Run>> {
        let at = |&value: &usize| PROGRAMS.iter().filter_map(|&program| (self.run)(program, threads, value)).collect();
        self.values.iter().map(at).collect()
    }

    /// `measured` are those groups, `start_up` the runs of one sample.
    fn panel(&self, measured: &[Vec<Measured>], start_up: &[Measured]) -> LinePanel {
        let y_label = if self.whole { "seconds, start-up included" } else { "ns a sample, beyond start-up" };
        LinePanel {
            title: format!("Cost against {}", self.setting),
            y_label: y_label.to_owned(),
            lines: PROGRAMS.iter().map(|&program| self.line(program, measured, start_up)).collect(),
        }
    }

    fn line(&self, program: Program, measured: &[Vec<Measured>], start_up: &[Measured]) -> Line {
        let of_program = |one: &&Measured| one.run.program == program;
        let start_up = start_up.iter().find(of_program).map_or(0.0, Measured::median);
        let mark = |(&value, group): (&usize, &Vec<Measured>)| {
            let one = group.iter().find(of_program)?;
            let (start_up, unit) = if self.whole { (0.0, 1.0) } else { (start_up, 1e9 / one.run.samples()) };
            let bar = [one.least(), one.greatest()].map(|seconds| unit * (seconds - start_up));
            Some(Mark { x: value as f64, y: unit * (one.median() - start_up), bar })
        };
        let marks: Vec<Mark> = self.values.iter().zip(measured).filter_map(mark).collect();
        let points = marks.iter().map(|mark| (mark.x, Some(Moment::of(mark.y)))).collect();
        Line { name: program.to_string(), points, marks }
    }
}

/// The panels as bytes of an image file; for each series its measurements, group by group.
pub fn draw(
    series: &[Series],
    measured: &[Vec<Vec<Measured>>],
    start_up: &[Measured],
    format: Format,
) -> Result<Vec<u8>> {
    let panels: Vec<LinePanel> =
        series.iter().zip(measured).map(|(series, measured)| series.panel(measured, start_up)).collect();
    let labels: Vec<&str> = series.iter().map(|series| series.setting).collect();
    draw_lines_apart(&panels, &labels, format)
}
