//! Which columns of the files are which.

use super::aliases;
use super::mask::Mask;
use crate::audit::Role;
use std::collections::BTreeMap;

/// What was taken for what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    pub(super) log_probs: [Option<String>; 4],
    pub(super) masks: Vec<Mask>,
    pub(super) step: Option<String>,
    pub(super) sequence: Option<String>,
    pub(super) texts: Option<String>,
    /// The keys of the files by which it was decided, in the order in which they come.
    pub(super) keys: Vec<String>,
    /// The files of folders that have none of the columns.
    pub(super) skipped: Vec<String>,
}

/// Where a column belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Slot {
    LogProbs(usize),
    Mask(usize),
    Step,
    Sequence,
    Texts,
}

impl Columns {
    /// The key of each thing that was found: of the roles by their names, of `mask` (several are multiplied, and have ` * `
    /// between them), `step`, `sequence` and `text`.
    pub fn taken(&self) -> BTreeMap<String, String> {
        let masks: Vec<&str> = self.masks.iter().map(|mask| mask.key.as_str()).filter(|key| self.has(key)).collect();
        let roles = Role::ALL.iter().zip(&self.log_probs).map(|(role, key)| (role.to_string(), key.clone()));
        let mask = (!masks.is_empty()).then(|| masks.join(" * "));
        let others = [("mask", &mask), ("step", &self.step), ("sequence", &self.sequence), ("text", &self.texts)];
        let others = others.map(|(name, key)| (name.to_owned(), key.clone()));
        roles.chain(others).filter_map(|(name, key)| Some((name, key?))).collect()
    }

    /// The keys that were seen and not used, in the order of the file.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str).filter(|key| self.slot(key).is_none())
    }

    /// The files of folders that have no log-probabilities; they are not read.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The key of the log-probabilities of a role.
    pub fn key(&self, role: Role) -> Option<&str> {
        self.log_probs[role as usize].as_deref()
    }

    /// The same without those of a role; none where what is left has nothing to compare.
    #[must_use]
    pub fn without(&self, role: Role) -> Option<Self> {
        let mut left = self.clone();
        left.log_probs[role as usize] = None;
        (left.log_probs.iter().flatten().count() > 1).then_some(left)
    }

    /// That of a file that is cut short, and has these columns still, none that is used may be lost.
    ///
    /// # Errors
    /// Which is.
    pub(super) fn check_cut(&self, keys: &[&str]) -> Result<(), String> {
        let mut used = self.keys.iter().filter(|key| self.slot(key).is_some_and(|slot| slot != Slot::Texts));
        match used.find(|key| !keys.contains(&key.as_str())) {
            Some(lost) => Err(format!("the file is cut short before {lost}")),
            None if self.masks.is_empty() => {
                Err("the file is cut short, and a mask may be among what is lost; a whole file would be right".into())
            }
            None => Ok(()),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }

    /// Where a column belongs; none where it is not used.
    pub(super) fn slot(&self, key: &str) -> Option<Slot> {
        let is = |column: &Option<String>| column.as_deref() == Some(key);
        let role = self.log_probs.iter().position(is).map(Slot::LogProbs);
        let mask = || self.masks.iter().position(|mask| mask.key == key).map(Slot::Mask);
        let others = || {
            let others = [(&self.step, Slot::Step), (&self.sequence, Slot::Sequence), (&self.texts, Slot::Texts)];
            others.into_iter().find(|(column, _)| is(column)).map(|(_, slot)| slot)
        };
        role.or_else(mask).or_else(others)
    }

    /// That columns with log-probabilities of these roles can be compared.
    ///
    /// # Errors
    /// Where there are none, or one alone.
    pub(super) fn check(&self, is_there: impl Fn(usize) -> bool) -> Result<(), String> {
        let has = |role: Role| self.key(role).filter(|_| is_there(role as usize));
        let found: Vec<&str> = Role::ALL.into_iter().filter_map(has).collect();
        match found[..] {
            [] => {
                let all: Vec<&str> = self.log_probs.iter().flatten().map(String::as_str).collect();
                Err(format!("there is none of the columns {}", all.join(", ")))
            }
            [alone] => Err(format!("there is {alone} alone, and nothing to compare it with")),
            _ => Ok(()),
        }
    }
}

/// The values of a sequence by what they are; a thing that is not there has none.
#[derive(Clone, Debug)]
pub(super) struct Fields<V> {
    pub log_probs: [Option<V>; 4],
    pub masks: Vec<Option<V>>,
    pub step: Option<V>,
    pub sequence: Option<V>,
    pub texts: Option<V>,
}

impl<V> Fields<V> {
    pub fn new(columns: &Columns) -> Self {
        let masks = columns.masks.iter().map(|_| None).collect();
        Self { log_probs: [const { None }; 4], masks, step: None, sequence: None, texts: None }
    }

    pub fn put(&mut self, slot: Slot, value: V) {
        *self.place(slot) = Some(value);
    }

    /// Puts the value of a key, if it is used.
    pub fn put_known(&mut self, columns: &Columns, key: &str, value: V) {
        if let Some(slot) = columns.slot(key) {
            self.put(slot, value);
        }
    }

    /// The same with other values.
    pub fn map<W>(&self, of: impl Fn(&V) -> W) -> Fields<W> {
        let one = |value: &Option<V>| value.as_ref().map(&of);
        Fields {
            log_probs: self.log_probs.each_ref().map(one),
            masks: self.masks.iter().map(one).collect(),
            step: one(&self.step),
            sequence: one(&self.sequence),
            texts: one(&self.texts),
        }
    }

    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut V> {
        self.place(slot).as_mut()
    }

    fn place(&mut self, slot: Slot) -> &mut Option<V> {
        match slot {
            Slot::LogProbs(role) => &mut self.log_probs[role],
            Slot::Mask(place) => &mut self.masks[place],
            Slot::Step => &mut self.step,
            Slot::Sequence => &mut self.sequence,
            Slot::Texts => &mut self.texts,
        }
    }
}

/// The first of these names that is there.
pub(super) fn first_of(names: &[&str], keys: &[String]) -> Option<String> {
    names.iter().find(|name| keys.iter().any(|key| key == *name)).map(|name| (*name).to_owned())
}

/// The masks of a file, by the names that are known.
pub(super) fn masks(keys: &[String], is_asked: impl Fn(&aliases::MaskAlias) -> bool) -> Vec<Mask> {
    let is_there = |row: &&aliases::MaskAlias| is_asked(row) && keys.iter().any(|key| key == row.key);
    let Some(row) = aliases::MASKS.iter().find(is_there) else { return Vec::new() };
    let second = row.times.map(|key| Mask::of(key).optional());
    [Some(Mask::of(row.key)), second].into_iter().flatten().collect()
}
