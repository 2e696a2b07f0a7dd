//! Finding entries by what people remember of an option.

use super::{Entry, entries};
use crate::spelling::nearest;
use std::fmt;
use std::str::FromStr;

/// `FRAMEWORK:OPTION=VALUE`, `FRAMEWORK:OPTION` or `FRAMEWORK:`.
///
/// Of an option its last part will do, any of its aliases, and any of the options that it is joined of: `kl_estimator` for
/// `PPOConfig.kl_estimator`. Letter case, dashes for underscores and dashes at the start do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    framework: String,
    option: Option<String>,
    value: Option<String>,
}

/// What a query names and the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// `framework`, `option` or `value`.
    kind: &'static str,
    name: String,
    /// Whose option or value it is, if anyone's.
    of: Option<String>,
    /// The nearest that are known; all of them where none is near.
    known: Vec<String>,
    is_near: bool,
}

impl FromStr for Query {
    type Err = String;

    /// # Errors
    /// Where there is no colon.
    fn from_str(text: &str) -> Result<Self, String> {
        let right = || format!("'{text}' has no colon; FRAMEWORK:OPTION=VALUE would be right");
        let (framework, rest) = text.split_once(':').ok_or_else(right)?;
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (option, value) = match rest.split_once('=') {
            Some((option, value)) => (filled(option), filled(value)),
            None => (filled(rest), None),
        };
        Ok(Self { framework: framework.trim().to_owned(), option, value })
    }
}

impl Query {
    /// The entries that it names.
    ///
    /// # Errors
    /// What of it is unknown, with the nearest that are known.
    pub fn find(&self) -> Result<Vec<&'static Entry>, Unknown> {
        let of_framework = framework(&self.framework)?;
        let Some(option) = &self.option else { return Ok(of_framework) };
        let has_option = |entry: &&Entry| !entry.places(option).is_empty();
        let of_option: Vec<&Entry> = of_framework.iter().copied().filter(has_option).collect();
        if of_option.is_empty() {
            let known = of_framework.iter().flat_map(|entry| entry.options()).flat_map(aliases).map(last_part);
            return Err(Unknown::new("option", option, Some(&self.framework), known.collect()));
        }
        let Some(value) = &self.value else { return Ok(of_option) };
        let found: Vec<&Entry> = of_option.iter().copied().filter(|entry| entry.has(option, value)).collect();
        if found.is_empty() {
            let known = of_option.iter().flat_map(|entry| aliases(&entry.value)).map(str::to_owned);
            return Err(Unknown::new("value", value, Some(option), known.collect()));
        }
        Ok(found)
    }
}

/// The entries of a framework.
///
/// # Errors
/// Where there is none of that name.
pub fn framework(name: &str) -> Result<Vec<&'static Entry>, Unknown> {
    let found: Vec<&Entry> = entries().iter().filter(|entry| same(&entry.framework, name)).collect();
    if found.is_empty() {
        let known = entries().iter().map(|entry| entry.framework.clone()).collect();
        return Err(Unknown::new("framework", name, None, known));
    }
    Ok(found)
}

/// The frameworks that have an option of that name.
pub fn frameworks_with(option: &str) -> Vec<&'static str> {
    let mut found: Vec<&str> = entries()
        .iter()
        .filter(|entry| !entry.places(option).is_empty())
        .map(|entry| entry.framework.as_str())
        .collect();
    found.dedup();
    found
}

impl Entry {
    /// Its options, one by one.
    fn options(&self) -> impl Iterator<Item = &str> {
        self.option.split("; ")
    }

    /// Which of its options one is.
    fn places(&self, option: &str) -> Vec<usize> {
        if same(&self.option, option) {
            return (0..self.options().count()).collect();
        }
        let names = |known: &str| aliases(known).any(|alias| same(alias, option) || ends_with(alias, option));
        self.options().enumerate().filter(|(_, known)| names(known)).map(|(place, _)| place).collect()
    }

    /// Whether it is this value of that option.
    fn has(&self, option: &str, value: &str) -> bool {
        let values: Vec<&str> = self.value.split("; ").collect();
        let is = |known: &str| aliases(known).any(|alias| same(alias, value)) || same(known, value);
        same(&self.value, value) || self.places(option).into_iter().any(|place| is(values[place]))
    }
}

fn aliases(text: &str) -> impl Iterator<Item = &str> {
    text.split('|')
}

/// Each of the parts that are joined counts for itself.
fn same(a: &str, b: &str) -> bool {
    let parts = |text: &str| text.split(';').map(canonical).collect::<Vec<_>>();
    parts(a) == parts(b)
}

/// Whether an option is the last part of another, behind a dot or a space.
fn ends_with(known: &str, option: &str) -> bool {
    let (known, option) = (canonical(known), canonical(option));
    ['.', ' '].into_iter().any(|separator| known.ends_with(&format!("{separator}{option}")))
}

/// What people remember of an option: what stands behind its last dot or blank.
fn last_part(option: &str) -> String {
    option.rsplit(['.', ' ']).next().unwrap_or(option).to_owned()
}

fn canonical(text: &str) -> String {
    text.trim().trim_start_matches('-').to_lowercase().replace('-', "_")
}

impl Unknown {
    fn new(kind: &'static str, name: &str, of: Option<&str>, mut known: Vec<String>) -> Self {
        let mut seen = std::collections::HashSet::new();
        known.retain(|name| seen.insert(name.clone()));
        let near = nearest(name, known.iter().cloned());
        let is_near = !near.is_empty();
        Self {
            kind,
            name: name.to_owned(),
            of: of.map(str::to_owned),
            known: if is_near { near } else { known },
            is_near,
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { kind, name, of, known, is_near } = self;
        let of = of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
        let known = known.join(if *is_near { " or " } else { ", " });
        let rest = if *is_near { format!("did you mean {known}?") } else { format!("the known ones are {known}") };
        write!(formatter, "'{name}' is no {kind}{of} in the catalogue; {rest}")
    }
}

impl std::error::Error for Unknown {}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str) -> Vec<String> {
        let found = query.parse::<Query>().unwrap().find().unwrap_or_else(|unknown| panic!("{unknown}"));
        found.iter().map(|entry| entry.name()).collect()
    }

    fn message(query: &str) -> String {
        query.parse::<Query>().unwrap().find().unwrap_err().to_string()
    }

    #[test]
    fn a_part_of_an_option_will_do() {
        let k3 = ["trl:PPOConfig.kl_estimator=k3"];
        for query in ["trl:kl_estimator=k3", "TRL:PPOConfig.KL_Estimator=K3", "trl: kl-estimator = k3 "] {
            assert_eq!(found(query), k3, "{query}");
        }
        assert_eq!(found("trl:kl_estimator").len(), 2);
        // One of the options that act together, an alias of its value.
        let deep_nested = found("verl:use_policy_gradient=true");
        assert!(deep_nested.len() == 2 && deep_nested.iter().all(|name| name.ends_with("; true")), "{deep_nested:?}");
        assert_eq!(found("verl:actor.kl_loss_type=k3"), ["verl:actor_rollout_ref.actor.kl_loss_type=low_var_kl|k3"]);
        assert_eq!(found("slime:kl-loss-type=low_var_kl").len(), 3);
        assert_eq!(found("OpenRLHF:--algo.kl.estimator; --algo.kl.use_loss=k3; True").len(), 1);
        assert_eq!(found("torchtune:LinearGRPOLoss.kl_coeff=0.1").len(), 1);
        assert_eq!(found("prime-rl:").len(), entries().iter().filter(|entry| entry.framework == "prime-rl").count());
    }

    #[test]
    fn every_entry_is_found_by_its_own_name() {
        for entry in entries() {
            assert!(found(&entry.name()).contains(&entry.name()), "{}", entry.name());
        }
    }

    #[test]
    fn what_is_mistyped_gets_the_nearest() {
        assert_eq!(message("verll:kl=k3"), "'verll' is no framework in the catalogue; did you mean verl?");
        assert_eq!(
            message("trl:kl_estimater=k3"),
            "'kl_estimater' is no option of trl in the catalogue; did you mean kl_estimator?"
        );
        assert_eq!(
            message("trl:kl_estimator=k9"),
            "'k9' is no value of kl_estimator in the catalogue; did you mean k1 or k3?"
        );
        assert!(
            message("nothing:x").starts_with("'nothing' is no framework in the catalogue; the known ones are verl, ")
        );
    }
}
