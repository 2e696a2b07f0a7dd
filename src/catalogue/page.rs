//! What `klgrad explain` says of a loss.

use super::{Entry, entries};
use crate::estimator::expr::Expr;
use crate::explain::{Explanation, Fingerprint, Follows, Range, ends, explain};
use crate::theory::softmax::Level;
use serde::{Serialize, Serializer};

/// The form of a page in JSON.
const SCHEMA: &str = "klgrad.explain.1";

/// A loss, what is known of it, and who uses it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The name of the estimator, or of the entry in the catalogue; none of a loss of the user's own.
    pub name: Option<String>,
    /// The loss, as it is written.
    pub text: String,
    /// The same as data.
    pub loss: Expr,
    /// What is known of it.
    pub explanation: Explanation,
    /// Whose gradient it has over sequences.
    pub level: Level,
    /// Where a training on a reward ends, with the loss as its penalty.
    pub ends: String,
    /// The entries of the catalogue whose coefficient is the same.
    pub used_by: Vec<&'static Entry>,
}

/// The pages of losses.
pub fn pages(losses: Vec<(Option<String>, String, Expr)>) -> Vec<Page> {
    let known: Vec<(&Entry, Fingerprint)> =
        entries().iter().map(|entry| (entry, Fingerprint::of(&entry.expression()))).collect();
    let page = |(name, text, loss): (Option<String>, String, Expr)| {
        let own = Fingerprint::of(&loss);
        let used_by = known.iter().filter(|(_, other)| own.is_that_of(other)).map(|(entry, _)| *entry).collect();
        Page { name, text, explanation: explain(&loss), level: Level::of(&loss), ends: ends(&loss), loss, used_by }
    };
    losses.into_iter().map(page).collect()
}

impl Page {
    /// Its name, or the loss itself.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.text)
    }
}

impl Serialize for Page {
    /// As an object, with null for what is infinite or has no value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Object<'a> {
            schema: &'static str,
            name: &'a Option<String>,
            expression: &'a str,
            follows: &'a Follows,
            stretch: Option<Range>,
            nearest: Option<String>,
            left: Option<f64>,
            off_policy: Option<bool>,
            pull: Option<f64>,
            wrong_way: &'a [Range],
            dead: &'a [Range],
            flat: &'a [Range],
            growth: [String; 2],
            infinite_variance: Vec<Range>,
            undefined: &'a [Range],
            sequence: Option<String>,
            level: Level,
            ends: &'a str,
            value: String,
            used_by: Vec<String>,
        }
        let page = &self.explanation;
        let object = Object {
            schema: SCHEMA,
            name: &self.name,
            expression: &self.text,
            follows: &page.follows,
            stretch: page.stretch,
            nearest: page.nearest.as_ref().map(|nearest| nearest.divergence.to_string()),
            left: page.nearest.as_ref().map(|nearest| nearest.left),
            off_policy: page.off_policy,
            pull: page.pull,
            wrong_way: &page.wrong_way,
            dead: &page.dead,
            flat: &page.flat,
            growth: page.growth.map(|growth| growth.to_string()),
            infinite_variance: beyond(page.infinite_variance),
            undefined: &page.undefined,
            sequence: page.sequence.map(|sequence| sequence.to_string()),
            level: self.level,
            ends: &self.ends,
            value: page.value.to_string(),
            used_by: self.used_by.iter().map(|entry| entry.name()).collect(),
        };
        object.serialize(serializer)
    }
}

/// A page as a line of CSV: lists are texts, with a blank between two.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    name: Option<String>,
    expression: String,
    follows: String,
    stretch: String,
    nearest: Option<String>,
    off_policy: Option<bool>,
    #[serde(with = "crate::maybe_number")]
    pull: Option<f64>,
    wrong_way: String,
    dead: String,
    flat: String,
    growth_down: String,
    growth_up: String,
    infinite_variance: String,
    undefined: String,
    sequence: Option<String>,
    level: Level,
    ends: String,
    value: String,
    used_by: String,
}

impl From<&Page> for Line {
    fn from(page: &Page) -> Self {
        let Explanation { follows, stretch, nearest, off_policy, pull, wrong_way, dead, flat, .. } = &page.explanation;
        let Explanation { growth, value, infinite_variance, sequence, undefined, .. } = &page.explanation;
        let [growth_down, growth_up] = growth.map(|growth| growth.to_string());
        Self {
            name: page.name.clone(),
            expression: page.text.clone(),
            follows: follows.to_string(),
            stretch: list(stretch.as_slice()),
            nearest: nearest.as_ref().map(|nearest| nearest.divergence.to_string()),
            off_policy: *off_policy,
            pull: *pull,
            wrong_way: list(wrong_way),
            dead: list(dead),
            flat: list(flat),
            growth_down,
            growth_up,
            infinite_variance: list(&beyond(*infinite_variance)),
            undefined: list(undefined),
            sequence: sequence.map(|sequence| sequence.to_string()),
            level: page.level,
            ends: page.ends.clone(),
            value: value.to_string(),
            used_by: page.used_by.iter().map(|entry| entry.name()).collect::<Vec<_>>().join(" | "),
        }
    }
}

/// The ranges of sigma_ref / sigma_theta, or of sigma_old / sigma_theta, between which a variance is infinite.
fn beyond([narrower, wider]: [Option<f64>; 2]) -> Vec<Range> {
    let narrower = narrower.map(|bound| [0.0, bound]);
    narrower.into_iter().chain(wider.map(|bound| [bound, f64::INFINITY])).collect()
}

/// Ranges as one text.
pub(super) fn list(ranges: &[Range]) -> String {
    ranges.iter().map(|[from, to]| format!("[{from}, {to}]")).collect::<Vec<_>>().join(" ")
}
