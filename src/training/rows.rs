//! The rows of `train.csv`, and runs read back from them.

use super::{Divergence, End, Step};
use crate::maybe_number;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

/// One kept step of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the estimator.
    pub estimator: String,
    /// The seed of the run.
    pub seed: i64,
    /// Updates before it.
    pub step: usize,
    /// E\[R\].
    pub reward: f64,
    /// KL(theta||ref).
    pub kl: f64,
    /// KL(ref||theta).
    pub kl_ref: f64,
    /// E\[R\] - beta KL(theta||ref).
    pub objective: f64,
    /// By how much the largest objective is larger; none where that is not known.
    #[serde(with = "maybe_number")]
    pub gap: Option<f64>,
    /// KL(theta||optimum); none where no policy is the optimum.
    #[serde(with = "maybe_number")]
    pub kl_to_optimum: Option<f64>,
    /// The mean length of a sequence.
    pub mean_length: f64,
    /// How the run ended, at its last step: `finished`, `not_finite` or `out_of_reach`; empty before.
    pub end: String,
}

impl Row {
    /// Those of a run that kept these steps and ended so.
    pub fn of(estimator: &str, seed: i64, steps: &[Step], end: End) -> impl Iterator<Item = Self> {
        steps.iter().enumerate().map(move |(place, step)| Self {
            estimator: estimator.to_owned(),
            seed,
            step: step.step,
            reward: step.reward,
            kl: step.kl,
            kl_ref: step.kl_ref,
            objective: step.objective,
            gap: step.gap,
            kl_to_optimum: step.kl_to_optimum,
            mean_length: step.mean_length,
            end: if place + 1 == steps.len() { word(end).to_owned() } else { String::new() },
        })
    }

    fn into_step(self) -> Step {
        let Self { step, reward, kl, kl_ref, objective, gap, kl_to_optimum, mean_length, .. } = self;
        Step { step, reward, kl, kl_ref, objective, gap, kl_to_optimum, mean_length }
    }
}

fn word(end: End) -> &'static str {
    match end {
        End::Finished => "finished",
        End::Diverged { reason: Divergence::NotFinite, .. } => "not_finite",
        End::Diverged { reason: Divergence::OutOfReach, .. } => "out_of_reach",
    }
}

fn end(word: &str, step: usize) -> Result<End> {
    Ok(match word {
        "finished" => End::Finished,
        "not_finite" => End::Diverged { step, reason: Divergence::NotFinite },
        "out_of_reach" => End::Diverged { step, reason: Divergence::OutOfReach },
        _ => bail!("a run ends with {word:?}; finished, not_finite or out_of_reach would be right"),
    })
}

/// The kept steps of the runs that these rows are of, in the order of [`super::Training::runs`], and how each ended.
///
/// # Errors
/// A row is of another run than the one whose turn it is, or a run has no last row.
pub fn read_back(
    rows: impl IntoIterator<Item = Result<Row>>,
    estimators: &[String],
    seeds: &[i64],
) -> Result<Vec<(Vec<Step>, End)>> {
    let mut turns = estimators.iter().flat_map(|estimator| seeds.iter().map(move |seed| (estimator, *seed)));
    let (mut runs, mut steps) = (Vec::new(), Vec::new());
    let mut turn = turns.next();
    for row in rows {
        let row = row?;
        let (estimator, seed) = turn.context("it has more runs than were asked for")?;
        ensure!(
            (&row.estimator, row.seed) == (estimator, seed),
            "it has a row of {} with the seed {} where the run of {estimator} with the seed {seed} goes on",
            row.estimator,
            row.seed
        );
        let last = (!row.end.is_empty()).then(|| end(&row.end, row.step)).transpose()?;
        steps.push(row.into_step());
        if let Some(end) = last {
            runs.push((std::mem::take(&mut steps), end));
            turn = turns.next();
        }
    }
    ensure!(steps.is_empty(), "its last run has no end");
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(steps: usize, end: End) -> (Vec<Step>, End) {
        let step = |step| Step {
            step,
            reward: 0.1 + step as f64,
            kl: 1.0 / 3.0,
            kl_ref: f64::INFINITY,
            objective: -1e-300,
            gap: (step > 0).then_some(1e-17),
            kl_to_optimum: None,
            mean_length: 1.0,
        };
        ((0..steps).map(step).collect(), end)
    }

    #[test]
    fn what_is_written_is_read_back_to_the_last_bit() {
        let diverged = End::Diverged { step: 1, reason: Divergence::OutOfReach };
        let there = [run(3, End::Finished), run(2, diverged), run(1, End::Finished)];
        let turns = [("k1", 7), ("k1", 8), ("a,b", 7)];
        let runs = turns.iter().zip(&there);
        let rows: Vec<Row> = runs.flat_map(|((name, seed), (steps, end))| Row::of(name, *seed, steps, *end)).collect();
        let text = crate::export::csv(&rows).unwrap();
        let read = |text: &str| {
            let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Vec<Result<Row, _>>>();
            read_back(rows.into_iter().map(|row| Ok(row?)), &["k1".to_owned(), "a,b".to_owned()], &[7, 8])
        };
        assert_eq!(read(&text).unwrap(), there);
        for (wrong, words) in [
            (text.replace("k1,8", "k1,9"), "a row of k1 with the seed 9 where the run of k1 with the seed 8"),
            (text.replace("out_of_reach", "lost"), "\"lost\"; finished, not_finite or out_of_reach"),
            (text.trim_end().rsplit_once('\n').unwrap().0.replace(",out_of_reach", ","), "its last run has no end"),
        ] {
            let refusal = read(&wrong).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
