//! `klgrad train`: where a training ends with each loss, and how it gets there.

use super::Usage;
use super::terminal::{note, print_text, warn, width};
use super::training_runs::{Ran, Runs, check};
use crate::cli::{RewardArg, StartArg, Train};
use anyhow::{Context, Result};
use klgrad::estimator::Estimator;
use klgrad::experiment::check_names;
use klgrad::export::{self, Kept, Output, Work};
use klgrad::figure;
use klgrad::pair::{self, Made};
use klgrad::policy::{Problem, Softmax};
use klgrad::report::{self, Progress};
use klgrad::training::{self, Asked, At, Described, EndRow, Objective, Reward, Settings, Source, Training};
use serde_json::json;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;

const ROWS: &str = "train.csv";
const ENDS: &str = "ends.csv";
const FIGURE_PNG: &str = "train.png";
const FIGURE_SVG: &str = "train.svg";
const WORK: Work = Work {
    name: "training",
    parts: "runs",
    state: "train.partial.csv",
    files: &[ROWS, ENDS, FIGURE_PNG, FIGURE_SVG, export::RUN],
};

pub fn train(args: Train) -> Result<ExitCode> {
    let settings = args.settings.settings()?;
    let seeds = seeds(&args);
    let (problem, policies) = problem(&args)?;
    let estimators = args.estimators.clone().or_of_frameworks(usual(problem.policy.is_sequence(), &settings))?;
    check_names(&estimators).map_err(Usage::from)?;
    let (reward, reward_source) = reward(&args, &problem.reference)?;
    let wrong = |error: anyhow::Error| Usage::of_option(&error);
    let objective = Objective::new(problem.reference.clone(), reward, args.beta).map_err(wrong)?;
    let asked = Asked {
        policies,
        max_length: problem.policy.is_sequence().then(|| problem.policy.max_length()),
        start: start_name(&args).to_owned(),
        reward: reward_source,
        beta: args.beta,
        kl_budget: args.kl_budget,
        estimators: &estimators,
        seeds: &seeds,
    };
    let described = Described::new(asked, &settings);
    if args.resume && WORK.is_complete(&args.output, |there| described.differences(there))? {
        note(&format!("the training in {} is complete; nothing is left to do", args.output.display()));
        return Ok(ExitCode::SUCCESS);
    }
    args.kl_budget.map_or(Ok(()), |kl| check_budget(&objective, kl))?;
    let optimum = objective.optimum();
    let start = if args.policies.start == StartArg::Theta { &problem.policy } else { &problem.reference };
    let training = Training::new(&objective, &optimum, start, settings).map_err(wrong)?;
    check(&training, &estimators)?;
    training.check_rate().map_err(wrong)?;

    let kept = Kept::open(&args.output, &WORK)?;
    let ends = ends(&args, &objective, &estimators, &settings);
    let runs = Runs { training: &training, estimators: &estimators, seeds: &seeds, described: &described };
    let ran = runs.run(&kept, &ends, args.resume, threads(&args), args.quiet)?;
    kept.complete(&outputs(&args, &ends, &ran, &objective, &described)?)?;
    warn_of_rates(&training, &estimators, &ends, &ran);
    if !args.quiet {
        show(&args, &settings, &ends, &ran)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn threads(args: &Train) -> NonZeroUsize {
    args.threads.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// One run each.
fn seeds(args: &Train) -> Vec<i64> {
    let count = if args.settings.exact { 1 } else { args.settings.seeds };
    (0..count as i64).map(|run| args.policies.seed.wrapping_add(run)).collect()
}

/// The policies, and where they come from.
fn problem(args: &Train) -> Result<(Problem<Softmax>, Source)> {
    let policies = &args.policies;
    let starts_at_theta = policies.start == StartArg::Theta;
    if let Some(path) = &policies.origin.pair {
        return Ok((pair::read(path, policies.max_length)?, Source::file(path)?));
    }
    if policies.kl.is_some() != starts_at_theta {
        let reason = match starts_at_theta {
            true => {
                "--start theta takes a pi_theta, which --kl makes at this distance from the reference; --kl 0.1, say, would be right"
            }
            false => "--kl makes a pi_theta, and the training starts at the reference; --start theta would be right",
        };
        return Err(Usage(reason.to_owned()).into());
    }
    let vocabulary = policies.origin.vocabulary.expect("the arguments ask for a file or for a vocabulary");
    // Where nobody starts at theta, any will do.
    let kl = policies.kl.unwrap_or(1e-3);
    let made = Made { vocabulary, kl, old_kl: None, max_length: policies.max_length, seed: policies.seed };
    let source = Source::Made(json!({ "vocabulary": vocabulary, "kl": policies.kl, "seed": policies.seed }));
    Ok((made.problem().map_err(Usage::from)?, source))
}

fn reward(args: &Train, policy: &Softmax) -> Result<(Reward, Source)> {
    match &args.reward {
        RewardArg::Made(made) => {
            let seed = args.policies.seed;
            let reward = Reward::made(*made, policy, seed).map_err(|error| Usage(format!("--reward: {error}")))?;
            Ok((reward, Source::Made(json!({ "made": made.to_string(), "seed": seed }))))
        }
        RewardArg::File(path) => Ok((Reward::read(path, policy)?, Source::file(path)?)),
    }
}

/// What is compared where nothing else is asked for, as far as there are others to leave one out of.
fn usual(is_sequence: bool, settings: &Settings) -> Vec<Estimator> {
    let one_token =
        ["k1", "k2", "k3", "abs", "chi2", "k1_in_reward", "k3_in_reward", "k2_leave_one_out", "k2_lambda", "kl_full"];
    let sequences = [
        "k1",
        "k2",
        "k3",
        "k1_in_reward",
        "k1_to_go",
        "k1_whole",
        "k3_to_go",
        "k2_sequence",
        "kl_full",
        "kl_full_to_go",
    ];
    let names = if is_sequence { sequences } else { one_token };
    let estimators = names.map(|name| Estimator::named(name).expect("the table has it"));
    estimators.into_iter().filter(|estimator| settings.check_baseline(estimator).is_ok()).collect()
}

fn start_name(args: &Train) -> &'static str {
    if args.policies.start == StartArg::Theta { "theta" } else { "reference" }
}

fn check_budget(objective: &Objective, kl: f64) -> Result<(), Usage> {
    let wrong = |reason: String| Usage(format!("--kl-budget is {kl:?}, but {reason}"));
    if kl <= 0.0 {
        return Err(wrong("a KL that is spent is more than 0; 0.1, say, would be right".to_owned()));
    }
    objective.check_kl(kl).map_err(|error| wrong(error.to_string()))
}

/// Of each estimator at the beta, and behind them of each at the KL.
fn ends(args: &Train, objective: &Objective, estimators: &[Estimator], settings: &Settings) -> Vec<EndRow> {
    let count = estimators.len() * (1 + usize::from(args.kl_budget.is_some()));
    let progress = Progress::new("ends", (!args.quiet).then_some(count));
    training::ends_of(objective, estimators, settings.aggregate, args.kl_budget, threads(args), || progress.advance())
}

fn outputs<'a>(
    args: &Train,
    ends: &'a [EndRow],
    ran: &'a Ran,
    objective: &Objective,
    described: &'a Described,
) -> Result<Vec<Output<'a>>> {
    let (folder, frontier) = (&args.output, objective.frontier());
    let title = title(args, objective.reference());
    let figure = |format| training::draw(&ran.shown, &title, &frontier, format).context("cannot draw the figure");
    Ok(vec![
        Output::new(folder.join(ROWS), |writer| Ok(writer.write_all(&ran.rows)?)),
        Output::new(folder.join(ENDS), |writer| export::write_rows(ends, writer)),
        Output::of_bytes(folder.join(FIGURE_PNG), figure(figure::Format::Png)?),
        Output::of_bytes(folder.join(FIGURE_SVG), figure(figure::Format::Svg)?),
        Output::new(folder.join(export::RUN), |writer| described.write(writer)),
    ])
}

fn title(args: &Train, policy: &Softmax) -> String {
    let of = match (&args.policies.origin.pair, args.policies.origin.vocabulary) {
        (Some(path), _) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        (None, vocabulary) => format!("{} tokens", vocabulary.unwrap_or_default()),
    };
    let length = match policy.is_sequence() {
        true => format!(", sequences of at most {}", policy.max_length()),
        false => String::new(),
    };
    format!("Training on {of}{length}, beta {}", args.beta)
}

/// A loss that has one end, and whose expected gradient diverges as its runs do, would not with a smaller learning rate.
fn warn_of_rates(training: &Training, estimators: &[Estimator], ends: &[EndRow], ran: &Ran) {
    for ((estimator, end), shown) in estimators.iter().zip(ends).zip(&ran.shown) {
        if shown.diverged() == 0 || end.at != At::Beta || !end.kind.is_unique() {
            continue;
        }
        if let Some(rate) = training.smaller_rate(estimator) {
            warn(&format!(
                "{}: {} of {} diverged, and its exact run leads nowhere, too, at this learning rate; {rate:?} or less would be right",
                estimator.name(),
                shown.diverged(),
                report::counted(shown.paths.len(), "run"),
            ));
        }
    }
}

fn show(args: &Train, settings: &Settings, ends: &[EndRow], ran: &Ran) -> Result<()> {
    let mut text = report::ends(ends, width()) + "\n" + &report::runs(&ran.shown, settings, width());
    text += &format!("In {}: {}\n", args.output.display(), WORK.files.join(", "));
    print_text(&text)
}
