//! `klgrad audit`: what the log-probabilities of a run say about its KL.

use super::Usage;
use super::terminal::{note, print_from, print_text, width};
use crate::cli::{self, AuditFormat};
use anyhow::{Context, Result, anyhow, bail};
use klgrad::audit::read::{Choice, Columns, Files, is_same_file, read};
use klgrad::audit::{self, Audit, Kind, Loss, Place, Role, Roles, Settings, Summary, Worker, ZeroFilled, visible};
use klgrad::export::{self, Output};
use klgrad::figure::Format;
use klgrad::report::{self, Progress};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

const JSON: &str = "audit.json";
const STEPS: &str = "steps.csv";
const TOKENS: &str = "tokens.csv";
const PAGE: &str = "report.html";

pub fn audit(args: cli::Audit) -> Result<ExitCode> {
    let (output, format, quiet) = (args.output.clone(), args.format, args.quiet);
    let threads = args.threads.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let source = match args.merge {
        true => Source::Audits(args.files),
        false => Source::Logs(Box::new(Reading::new(args, threads)?)),
    };
    if let Some(folder) = &output {
        export::prepare_folder(folder, &[JSON, STEPS, TOKENS, PAGE])?;
    }
    let summary = source.summary()?;
    give_back();
    let audit = summary.audit().ok_or_else(|| nothing_left(&summary))?;
    if let Some(folder) = &output {
        write(folder, &audit, &summary, threads)?;
    }
    match format {
        _ if quiet => {}
        AuditFormat::Text => print_text(&report::audit(&audit, width()))?,
        AuditFormat::Json => print_from(|to| audit::write_json(&audit, &summary, to))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives memory that was freed back to the system. Of shares that were merged, half is left, and the threads that draw have heaps
/// of their own, which would not use it again.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it changes nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Where the numbers come from.
enum Source {
    /// Files of earlier audits, to be added up.
    Audits(Vec<PathBuf>),
    Logs(Box<Reading>),
}

impl Source {
    fn summary(self) -> Result<Summary> {
        match self {
            Self::Audits(files) => merged(&files),
            Self::Logs(reading) => reading.summary(),
        }
    }
}

/// Files that are to be read, and what is asked of them.
struct Reading {
    files: Files,
    columns: Columns,
    settings: Settings,
    threads: NonZeroUsize,
    is_strict: bool,
    quiet: bool,
}

impl Reading {
    fn new(args: cli::Audit, threads: NonZeroUsize) -> Result<Self, Usage> {
        let wrong = |error: anyhow::Error| Usage(format!("{error:#}"));
        let losses = args.losses.losses()?;
        let files = Files::find(&args.files).map_err(wrong)?;
        let columns = Columns::choose(&files, &Choice::from(args.columns)).map_err(wrong)?;
        let settings = settings(&columns, losses);
        Ok(Self { files, columns, settings, threads, is_strict: args.strict, quiet: args.quiet })
    }

    fn summary(mut self) -> Result<Summary> {
        if !self.quiet {
            note(&said_first(&self.files, &self.columns));
        }
        let mut left_out = None;
        loop {
            let mut summary = self.read();
            if let Some((kind, role, place, reason)) = summary.first_fault().filter(|_| self.is_strict) {
                bail!(fault_text(kind, role, place, reason));
            }
            let Some(column) = summary.zero_filled() else {
                left_out.into_iter().for_each(|column| summary.note_left_out(column));
                return Ok(summary);
            };
            self.columns = self.without(&column)?;
            self.settings = settings(&self.columns, self.settings.losses);
            left_out = Some(column);
        }
    }

    /// The columns without one of zeros, where that is no more than a sampler.
    fn without(&self, column: &ZeroFilled) -> Result<Columns> {
        let ZeroFilled { role, zeros, tokens, first } = column;
        let can_go_on = *role == Role::Rollout && self.files.are_lasting();
        can_go_on.then(|| self.columns.without(*role)).flatten().ok_or_else(|| {
            anyhow!(
                "{}: {role} is exactly 0 at {zeros} of {tokens} tokens, of which another policy is not sure: it was not \
                 computed; --{role} none goes on without {role}",
                visible(&first.to_string())
            )
        })
    }

    fn read(&self) -> Summary {
        let progress = Progress::of_bytes((!self.quiet).then(|| self.files.bytes()));
        let shared = Mutex::new(Summary::new(self.settings.clone()));
        let worker = |_| Worker::new(&shared, &self.settings, self.is_strict);
        let workers = (0..self.threads.get()).map(worker).collect();
        let workers = read(&self.files, &self.columns, workers, &|bytes| progress.advance_by(bytes));
        workers.into_iter().for_each(Worker::finish);
        let mut summary = shared.into_inner().expect("no thread panics");
        summary.tidy();
        summary
    }
}

fn settings(columns: &Columns, losses: Vec<Loss>) -> Settings {
    let roles = Roles::new(Role::ALL.map(|role| columns.key(role).is_some()));
    Settings { columns: columns.taken(), roles, losses }
}

/// What was taken for what, and what is left.
fn said_first(files: &Files, columns: &Columns) -> String {
    let taken = columns.taken().into_iter().map(|(role, key)| format!("{role} = {}", visible(&key)));
    let unused: Vec<String> = columns.unused().map(visible).collect();
    let rest = if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
    let skipped = match files.skipped().len() + columns.skipped().len() {
        0 => String::new(),
        count => format!("; {} without log-probabilities skipped", report::counted(count, "file")),
    };
    let taken = taken.collect::<Vec<_>>().join(", ");
    format!("{}: {taken}{rest}{skipped}", report::counted(files.count() - columns.skipped().len(), "file"))
}

/// Of all files; one that is named twice counts once, as files of logs do.
fn merged(files: &[PathBuf]) -> Result<Summary> {
    let (first, others) = files.split_first().expect("clap asks for at least one");
    let mut summary = audit::read_summary(first)?;
    for (place, file) in others.iter().enumerate() {
        if files[..=place].iter().any(|before| is_same_file(before, file)) {
            continue;
        }
        let other = audit::read_summary(file)?;
        let differ = |reason| anyhow!("{} and {} are of different audits: {reason}", first.display(), file.display());
        summary.merge(other).map_err(differ)?;
    }
    summary.tidy();
    Ok(summary)
}

/// Why there is nothing to say.
fn nothing_left(summary: &Summary) -> anyhow::Error {
    match summary.first_fault() {
        Some((kind, role, place, reason)) => {
            let without =
                role.filter(|_| kind == Kind::Zero).map(|role| format!("; --{role} none goes on without {role}"));
            let fault = fault_text(kind, role, place, reason);
            anyhow!("no token can be used; first, {fault}{}", without.unwrap_or_default())
        }
        None => anyhow!("no token counts: there is none, or the mask leaves none"),
    }
}

fn fault_text(kind: Kind, role: Option<Role>, place: &Place, reason: &str) -> String {
    let role = role.map_or(String::new(), |role| format!("{role} "));
    let what = if reason.is_empty() { kind.text() } else { reason };
    format!("{}: {role}{}", visible(&place.to_string()), visible(what))
}

fn write(folder: &Path, audit: &Audit, summary: &Summary, threads: NonZeroUsize) -> Result<()> {
    let mut outputs = vec![
        Output::new(folder.join(JSON), |to| audit::write_json(audit, summary, to)),
        Output::of_bytes(folder.join(STEPS), audit::steps_csv(audit)?),
        Output::of_bytes(folder.join(TOKENS), audit::tokens_csv(audit)?),
        Output::of_bytes(folder.join(PAGE), audit::report_html(audit)?.into_bytes()),
    ];
    let mut stale = Vec::new();
    let drawn = audit::draw_all(audit, &[Format::Png, Format::Svg], threads).context("cannot draw the figure")?;
    for (figure, format, bytes) in drawn {
        let ending = if format == Format::Png { "png" } else { "svg" };
        let place = folder.join(format!("{}.{ending}", figure.name()));
        match bytes {
            Some(bytes) => outputs.push(Output::of_bytes(place, bytes)),
            None => stale.push(place),
        }
    }
    export::write(&outputs)?;
    stale.iter().try_for_each(|place| export::remove(place))
}
