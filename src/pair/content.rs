//! What a file holds, and the problem that it poses.

use super::LONGEST;
use crate::policy::{Problem, Softmax};
pub(super) use crate::stored::shape_text;
use anyhow::{Result, anyhow, bail, ensure};

pub(super) const THETA: &str = "theta";
pub(super) const REF: &str = "ref";
pub(super) const OLD: &str = "old";
pub(super) const MAX_LENGTH: &str = "max_length";

/// How many logits an array may have, which is 800 MB of them.
pub(super) const LARGEST: usize = 100_000_000;

/// Logits by rows, whose number is the product of the shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub logits: Vec<f64>,
}

/// The arrays of a file, of which nothing but the types is checked.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub theta: Option<Array>,
    pub reference: Option<Array>,
    pub old: Option<Array>,
    pub max_length: Option<f64>,
}

/// That an array of this name belongs to a pair.
///
/// # Errors
/// It does not: a misspelt `old` is not to be passed over.
pub(super) fn check_name(name: &str) -> Result<()> {
    ensure!(
        [THETA, REF, OLD, MAX_LENGTH].contains(&name),
        "{name:?} is no array of a pair; {THETA}, {REF}, {OLD} and {MAX_LENGTH} would be right"
    );
    Ok(())
}

/// That an array is missing.
pub(super) fn no_array(name: &str) -> anyhow::Error {
    anyhow!("there is no array {name}; one would be right")
}

impl Content {
    /// Takes the array of this name.
    ///
    /// # Errors
    /// There is one already, or a `max_length` is more than one number.
    pub fn insert(&mut self, name: &str, array: Array) -> Result<()> {
        let is_repeated = match name {
            THETA => self.theta.replace(array).is_some(),
            REF => self.reference.replace(array).is_some(),
            OLD => self.old.replace(array).is_some(),
            _ => {
                let [max_length] = array.logits[..] else {
                    bail!("{MAX_LENGTH} has the shape {}; one whole number would be right", shape_text(&array.shape))
                };
                self.max_length.replace(max_length).is_some()
            }
        };
        ensure!(!is_repeated, "{name} is there twice; once would be right");
        Ok(())
    }

    /// The problem that the arrays pose; `asked` counts more than the file's own `max_length`.
    ///
    /// # Errors
    /// Names the array, and what would be right.
    pub fn problem(self, asked: Option<usize>) -> Result<Problem<Softmax>> {
        let theta = present(self.theta, THETA)?;
        let reference = present(self.reference, REF)?;
        for (array, name) in [(Some(&reference), REF), (self.old.as_ref(), OLD)] {
            if let Some(array) = array.filter(|array| array.shape != theta.shape) {
                let [shape, of_theta] = [array, &theta].map(Array::shape_text);
                bail!("{name} has the shape {shape} and {THETA} {of_theta}; arrays of one shape would be right");
            }
        }
        let max_length = asked.map(|asked| asked as f64).or(self.max_length);
        let max_length = theta.max_length(max_length)?;
        let policy = |array: Array, name: &str| array.policy(max_length).map_err(|error| anyhow!("{name} {error}"));
        let theta = policy(theta, THETA)?;
        let reference = policy(reference, REF)?;
        Ok(match self.old {
            Some(old) => Problem { behaviour: policy(old, OLD)?, policy: theta, reference },
            None => Problem::on_policy(theta, reference),
        })
    }
}

fn present(array: Option<Array>, name: &str) -> Result<Array> {
    array.ok_or_else(|| {
        anyhow!("there is no array {name}; {THETA} and {REF} would be right, and {OLD} where another policy draws")
    })
}

impl Array {
    fn shape_text(&self) -> String {
        shape_text(&self.shape)
    }

    /// That of its sequences; none where it is a categorical.
    fn max_length(&self, max_length: Option<f64>) -> Result<Option<usize>> {
        match (self.shape.len(), max_length) {
            (1, None | Some(1.0)) => Ok(None),
            (1, Some(max_length)) => bail!(
                "{MAX_LENGTH} is {max_length}, but {THETA} has one dimension, a categorical, which draws one token; no \
                 {MAX_LENGTH} would be right, or two dimensions, which are a sequence"
            ),
            (2, None) => bail!(
                "there is no {MAX_LENGTH}, after which a sequence is cut; --max-length, or a whole number {MAX_LENGTH} in the \
                 file, would be right"
            ),
            (2, Some(max_length)) => {
                ensure!(
                    max_length.fract() == 0.0 && (1.0..=LONGEST as f64).contains(&max_length),
                    "{MAX_LENGTH} is {max_length}; a whole number from 1 to {LONGEST} would be right"
                );
                Ok(Some(max_length as usize))
            }
            (dimensions, _) => bail!(
                "{THETA} has {dimensions} dimensions; one, which is a categorical, or two, which are a sequence, would be right"
            ),
        }
    }

    fn policy(self, max_length: Option<usize>) -> Result<Softmax> {
        let Some(max_length) = max_length else { return Ok(Softmax::categorical(self.logits)?) };
        let vocabulary = self.shape[1];
        ensure!(
            self.shape[0] == vocabulary,
            "has the shape {}; a sequence has a row for the start and one for each token but the last, which is the end, so \
             that a square would be right",
            self.shape_text()
        );
        Ok(Softmax::sequence(self.logits, vocabulary, max_length)?)
    }
}

/// The policies that are written, each as the array of its name.
pub(super) fn policies(problem: &Problem<Softmax>) -> impl Iterator<Item = (&'static str, &Softmax)> {
    let old = (!problem.is_on_policy()).then_some((OLD, &problem.behaviour));
    [(THETA, &problem.policy), (REF, &problem.reference)].into_iter().chain(old)
}

/// That of the sequences; none where the policies are categoricals.
pub(super) fn max_length(problem: &Problem<Softmax>) -> Option<usize> {
    problem.policy.is_sequence().then(|| problem.policy.max_length())
}
