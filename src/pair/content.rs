//! What a file holds, and the problem that it poses.

use super::LONGEST;
use crate::policy::{Problem, Softmax};
use anyhow::{Context, Result, anyhow, bail, ensure};

pub(super) const THETA: &str = "theta";
pub(super) const REF: &str = "ref";
pub(super) const OLD: &str = "old";
pub(super) const MAX_LENGTH: &str = "max_length";

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
    pub max_length: Option<i128>,
}

impl Content {
    /// The array of this name, to be filled.
    ///
    /// # Errors
    /// No array of this name belongs to a pair.
    pub fn array(&mut self, name: &str) -> Result<&mut Option<Array>> {
        match name {
            THETA => Ok(&mut self.theta),
            REF => Ok(&mut self.reference),
            OLD => Ok(&mut self.old),
            _ => bail!("{name:?} is no array of a pair; {THETA}, {REF}, {OLD} and {MAX_LENGTH} would be right"),
        }
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
        let max_length = asked.map(|asked| asked as i128).or(self.max_length);
        let max_length = theta.max_length(max_length)?;
        let policy = |array: Array, name: &str| array.policy(max_length).with_context(|| name.to_owned());
        let reference = policy(reference, REF)?;
        let policy_of_theta = policy(theta, THETA)?;
        Ok(match self.old {
            Some(old) => Problem { behaviour: policy(old, OLD)?, policy: policy_of_theta, reference },
            None => Problem::on_policy(policy_of_theta, reference),
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
    fn max_length(&self, max_length: Option<i128>) -> Result<Option<usize>> {
        match (self.shape.len(), max_length) {
            (1, None | Some(1)) => Ok(None),
            (1, Some(max_length)) => bail!(
                "max_length is {max_length}, but {THETA} has one dimension, a categorical, which draws one token; no \
                 max_length would be right, or two dimensions, which are a sequence"
            ),
            (2, None) => bail!(
                "there is no max_length, after which a sequence is cut; --max-length, or a whole number {MAX_LENGTH} in the \
                 file, would be right"
            ),
            (2, Some(max_length)) => {
                let in_range = usize::try_from(max_length).ok().filter(|length| (1..=LONGEST).contains(length));
                in_range.map(Some).with_context(|| {
                    format!("max_length is {max_length}; a whole number from 1 to {LONGEST} would be right")
                })
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

/// As numpy writes it.
pub(super) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [length] => format!("({length},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}
