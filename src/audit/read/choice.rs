//! The choice of columns: what the user asks for, else what the names say.

use super::aliases::{self, AMBIGUOUS, LOG_PROBS, OWN, is_of};
use super::columns::{Columns, first_of, masks};
use super::framework::Framework;
use super::mask::Mask;
use crate::audit::Role;
use crate::spelling::nearest;
use anyhow::{Result, anyhow, bail, ensure};

/// What a user asks for.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Whose names the files have.
    pub framework: Option<Framework>,
    /// The keys of the log-probabilities, in the order of [`Role::ALL`]; `none` for a column that is not to be read.
    pub keys: [Option<String>; 4],
    /// The keys of the masks, which are multiplied; one of them may name several, with `*` between them.
    pub masks: Vec<String>,
    /// The key of the step.
    pub step: Option<String>,
    /// The key of what the sequence is called.
    pub sequence: Option<String>,
}

/// What is asked for where a column is not to be read.
const NONE: &str = "none";

impl Choice {
    /// Whether a column of that name may be one of log-probabilities.
    pub(super) fn may_be_log(&self, key: &str) -> bool {
        LOG_PROBS.iter().any(|alias| alias.key == key) || self.keys.iter().flatten().any(|asked| asked == key)
    }

    /// Decides by the keys of a file.
    ///
    /// # Errors
    /// Where a key that is asked for is not there, names do not decide, or too little is found to compare.
    pub(super) fn columns(&self, keys: Vec<String>) -> Result<Columns> {
        let asked_masks = || self.masks.iter().flat_map(|masks| masks.split('*')).map(str::trim);
        self.check_keys(&keys, asked_masks())?;
        let mut columns = Columns { log_probs: self.log_probs(&keys)?, keys, ..Columns::default() };
        let free = |columns: &Columns, names: &[&str]| {
            let is_free = |key: &&String| columns.slot(key).is_none();
            first_of(names, &columns.keys.iter().filter(is_free).cloned().collect::<Vec<_>>())
        };
        columns.masks = match asked_masks().next() {
            Some(_) => asked_masks().filter(|mask| *mask != NONE).map(Mask::of).collect(),
            None => self.masks(&columns.keys),
        };
        columns.step = self.step.clone().or_else(|| free(&columns, aliases::STEPS));
        columns.sequence = self.sequence.clone().or_else(|| free(&columns, aliases::SEQUENCES));
        columns.texts = free(&columns, aliases::TEXTS);
        check_enough(&columns)?;
        Ok(columns)
    }

    /// That what is asked for is there, and no log-probabilities are asked for twice.
    fn check_keys<'a>(&'a self, keys: &[String], masks: impl Iterator<Item = &'a str>) -> Result<()> {
        let roles = Role::ALL.iter().zip(&self.keys).map(|(role, key)| (role.to_string(), key.as_deref()));
        let others = [("step", self.step.as_deref()), ("sequence", self.sequence.as_deref())];
        let others = others.into_iter().chain(masks.map(|mask| ("mask", Some(mask))));
        for (option, key) in roles.chain(others.map(|(option, key)| (option.to_owned(), key))) {
            let Some(key) = key.filter(|key| *key != NONE && !keys.iter().any(|known| known == key)) else { continue };
            let near = nearest(key, keys.iter().cloned());
            let right = if near.is_empty() { listed(keys) } else { near.join(" or ") };
            bail!("--{option} {key}: there is no such column; {right} would be right");
        }
        let asked = || self.keys.iter().flatten().filter(|key| *key != NONE);
        let twice = asked().find(|key| asked().filter(|other| other == key).count() > 1);
        ensure!(
            twice.is_none(),
            "{} is asked for twice; a column of its own for each policy would be right",
            or(twice)
        );
        Ok(())
    }

    fn log_probs(&self, keys: &[String]) -> Result<[Option<String>; 4]> {
        let mut found = self.keys.clone();
        for (role, own) in Role::ALL.into_iter().zip(OWN) {
            let place = role as usize;
            if found[place].is_some() {
                continue;
            }
            let mut names = self.names(role, keys);
            names.retain(|name| !self.keys.iter().flatten().any(|asked| asked == name));
            found[place] = match names[..] {
                [] => None,
                _ if names.contains(&own) => Some(own.to_owned()),
                [name] => Some(name.to_owned()),
                _ => bail!("{} may each be {role}; --{role} with one of them would be right", names.join(" and ")),
            };
        }
        self.put_ambiguous(keys, &mut found)?;
        found.iter_mut().for_each(|found| *found = found.take().filter(|key| key != NONE));
        Ok(found)
    }

    /// The keys that may be the role's: the framework's own, if one of them is there. What is ambiguous is left out, unless
    /// the framework says what it is.
    fn names(&self, role: Role, keys: &[String]) -> Vec<&'static str> {
        let is_there = |key: &str| keys.iter().any(|known| known == key);
        let known = || LOG_PROBS.iter().filter(|alias| alias.role == role && is_there(alias.key));
        let framework = self.framework;
        let own = known().filter(|alias| framework.is_some_and(|framework| is_of(alias.frameworks, framework)));
        let own: Vec<_> = own.map(|alias| alias.key).collect();
        if own.is_empty() { known().map(|alias| alias.key).filter(|key| *key != AMBIGUOUS).collect() } else { own }
    }

    /// Puts the ambiguous name where its companions say.
    fn put_ambiguous(&self, keys: &[String], found: &mut [Option<String>; 4]) -> Result<()> {
        let is_there = |key: &str| keys.iter().any(|known| known == key);
        let is_taken = found.iter().flatten().any(|key| key == AMBIGUOUS);
        let has_policy = [Role::Policy, Role::Old, Role::Rollout].map(|role| found[role as usize].is_some());
        let [.., has_old, has_rollout] = has_policy;
        if !is_there(AMBIGUOUS) || is_taken || has_old && has_rollout {
            return Ok(());
        }
        let is_board = is_there("new_response_mask") || is_there("ref_logprobs") && is_there("response_tokens");
        let is_sampler = is_there("finish_reason") || is_there("prox_logp") || is_there("ref_logp");
        let role = if has_rollout {
            Role::Old
        } else if is_sampler {
            Role::Rollout
        } else if is_board && !has_old {
            Role::Old
        } else if has_policy.contains(&true) {
            // There is enough without it.
            return Ok(());
        } else {
            bail!(
                "logprobs may be of the policy before the update or of the sampler; --old logprobs, --rollout logprobs or \
                 --framework NAME would be right"
            )
        };
        found[role as usize] = Some(AMBIGUOUS.to_owned());
        Ok(())
    }

    fn masks(&self, keys: &[String]) -> Vec<Mask> {
        let framework = self.framework;
        let own = masks(keys, |row| framework.is_some_and(|framework| is_of(row.frameworks, framework)));
        if own.is_empty() { masks(keys, |_| true) } else { own }
    }
}

/// That there is a policy that is trained or draws, and another one.
fn check_enough(columns: &Columns) -> Result<()> {
    let found: Vec<Role> = Role::ALL.into_iter().filter(|role| columns.key(*role).is_some()).collect();
    let unused: Vec<String> = columns.unused().map(str::to_owned).collect();
    let keys = listed(&unused);
    match found[..] {
        [_, _, ..] => Ok(()),
        [role] => {
            let others: Vec<_> = Role::ALL.into_iter().filter(|other| *other != role).collect();
            let others: Vec<_> = others.iter().map(|other| format!("--{other} KEY")).collect();
            Err(anyhow!(
                "the only log-probabilities are {}, taken for {role}, and one policy has no KL; a second \
                 column, by {}, would be right; the other columns are {keys}",
                or(columns.key(role)),
                others.join(" or ")
            ))
        }
        [] => Err(anyhow!(
            "no column has a name that is known for log-probabilities; --policy, --old or --rollout KEY and --ref KEY would be \
             right, with two of the columns {keys}"
        )),
    }
}

fn or(key: Option<impl AsRef<str>>) -> String {
    key.map_or_else(|| "none".to_owned(), |key| key.as_ref().to_owned())
}

/// Keys as a message lists them.
fn listed(keys: &[String]) -> String {
    let shown: Vec<String> = keys.iter().take(30).map(|key| format!("{key:?}").trim_matches('"').to_owned()).collect();
    match keys.len() {
        0 => "none".to_owned(),
        1..=30 => shown.join(", "),
        all => format!("{} and {} more", shown.join(", "), all - 30),
    }
}
