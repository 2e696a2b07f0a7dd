//! Entries with what their losses follow.

use super::page::list;
use super::{Entry, Placement};
use crate::explain::{Follows, Range, explain};
use crate::theory::softmax::Level;
use serde::Serialize;

/// An entry, and what is computed from its loss.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The entry.
    pub entry: &'static Entry,
    /// The divergence whose gradient it is.
    pub follows: Follows,
    /// Whose gradient it has over sequences.
    pub level: Level,
    /// The smooth stretch of D round 0 on which it follows that, where it does not everywhere.
    pub stretch: Option<Range>,
    /// Where its coefficient is 0, in D.
    pub dead: Vec<Range>,
}

/// The entries, explained.
pub fn listed(entries: impl IntoIterator<Item = &'static Entry>) -> Vec<Listed> {
    let of = |entry: &'static Entry| {
        let loss = entry.expression();
        let known = explain(&loss);
        Listed { entry, level: Level::of(&loss), follows: known.follows, stretch: known.stretch, dead: known.dead }
    };
    entries.into_iter().map(of).collect()
}

/// The form of an entry in JSON.
const SCHEMA: &str = "klgrad.frameworks.1";

/// What files hold of an entry; ranges are a list in JSON and a text in CSV.
#[derive(Clone, Debug, Serialize)]
pub struct ListedLine<Ranges> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    framework: &'static str,
    option: &'static str,
    value: &'static str,
    default: bool,
    enabled_by_default: bool,
    placement: Placement,
    loss: &'static str,
    aggregate: &'static str,
    follows: String,
    level: Level,
    stretch: Ranges,
    dead: Ranges,
    source: &'static str,
    commit: &'static str,
    date: &'static str,
    remark: &'static str,
}

impl Listed {
    /// As a line of CSV.
    pub fn line(&self) -> ListedLine<String> {
        self.holding(None, list)
    }

    /// As an object of JSON, in which null is an infinite end.
    pub fn object(&self) -> ListedLine<Vec<Range>> {
        self.holding(Some(SCHEMA), <[Range]>::to_vec)
    }

    fn holding<Ranges>(&self, schema: Option<&'static str>, of: fn(&[Range]) -> Ranges) -> ListedLine<Ranges> {
        let entry = self.entry;
        ListedLine {
            schema,
            framework: &entry.framework,
            option: &entry.option,
            value: &entry.value,
            default: entry.is_default(),
            enabled_by_default: entry.is_enabled_by_default(),
            placement: entry.placement,
            loss: &entry.loss,
            aggregate: &entry.aggregate,
            follows: self.follows.to_string(),
            level: self.level,
            stretch: of(self.stretch.as_slice()),
            dead: of(&self.dead),
            source: &entry.source,
            commit: &entry.commit,
            date: &entry.date,
            remark: &entry.remark,
        }
    }
}
