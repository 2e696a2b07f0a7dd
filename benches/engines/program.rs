//! What is measured: a program at one setting.

use klgrad::engine::Engine;
use klgrad::estimator::TABLE;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use tch::{Device, Kind, Tensor};

/// A program that draws the samples of an experiment, and may differentiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// libtorch's random generator, which no engine can be faster than.
    Generator,
    Klgrad(Engine),
    /// The score engine of a klgrad that was built without libtorch, and has none to load.
    Light,
    /// `benches/experiment.py`.
    Python,
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Generator => formatter.write_str("generator"),
            Self::Klgrad(engine) => engine.fmt(formatter),
            Self::Light => formatter.write_str("score, without libtorch"),
            Self::Python => formatter.write_str("Python"),
        }
    }
}

/// One run of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub program: Program,
    pub threads: usize,
    pub sample_size: usize,
    pub num_trials: usize,
    pub estimators: usize,
}

/// What the bench binary is called with to be the generator alone.
pub const GENERATOR: &str = "generator";
/// Samples in a draw at most, as in the engines.
const BLOCK: usize = 1 << 16;

impl Run {
    /// The process that does it; klgrad writes its files to `folder`.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = match self.program {
            Program::Generator => own_binary(),
            Program::Klgrad(engine) => reproduce(env!("CARGO_BIN_EXE_klgrad").as_ref(), engine, folder),
            Program::Light => reproduce(&light().expect("it was there"), Engine::Score, folder),
            Program::Python => {
                let mut command = Command::new(python());
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/experiment.py"));
                command
            }
        };
        let names: Vec<&str> = TABLE[..self.estimators].iter().map(|row| row.name).collect();
        command.args(["--sample-size", &self.sample_size.to_string(), "--num-trials", &self.num_trials.to_string()]);
        if self.program != Program::Generator {
            command.args(["--threads", &self.threads.to_string(), "--estimators", &names.join(",")]);
        }
        command
    }

    pub fn samples(&self) -> f64 {
        self.sample_size as f64 * self.num_trials as f64
    }
}

fn reproduce(program: &OsStr, engine: Engine, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["reproduce", "--quiet", "--engine", &engine.to_string(), "--output"]).arg(folder);
    command
}

/// The program without libtorch, where `make bench` has built one.
pub fn light() -> Option<OsString> {
    env::var_os("KLGRAD_WITHOUT_LIBTORCH")
}

fn own_binary() -> Command {
    let mut command = Command::new(env::current_exe().expect("the system tells where the running program lies"));
    command.arg(GENERATOR);
    command
}

/// `GENERATOR --sample-size N --num-trials M`: draws as the engines do, and nothing else.
pub fn draw_only(args: &[String]) {
    let number = |index: usize| args[index].parse::<usize>().expect("`Run::command` gives numbers");
    let (sample_size, num_trials) = (number(1), number(3));
    let mut block = Tensor::empty([sample_size.min(BLOCK) as i64], (Kind::Float, Device::Cpu));
    let mut last = block.narrow(0, 0, (sample_size % BLOCK) as i64);
    for _ in 0..num_trials {
        for _ in 0..sample_size / BLOCK {
            let _ = block.normal_(0.0, 1.0);
        }
        if !sample_size.is_multiple_of(BLOCK) {
            let _ = last.normal_(0.0, 1.0);
        }
    }
}

fn python() -> String {
    env::var("PYTHON").unwrap_or("python3".to_owned())
}

/// The version of the torch that Python imports, or one line that says why there is none.
pub fn python_torch() -> Result<String, String> {
    let mut command = Command::new(python());
    command.args(["-c", "import torch; print(torch.__version__)"]).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("{}: {error}", python()))?;
    let last_line = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().last().unwrap_or_default().to_owned();
    if output.status.success() { Ok(last_line(&output.stdout)) } else { Err(last_line(&output.stderr)) }
}
