//! All that is kept of the sequences that were read; summaries of shares add up to that of all.

use super::equal::Equal;
use super::foremost::StandingOut;
use super::group::Group;
use super::kept::Kept;
use super::loss::Loss;
use super::place::{Place, Step};
use super::positions::Positions;
use super::problem::Kind;
use super::record::{Record, Role};
use super::roles::Roles;
use super::seen::Seen;
use super::shift::Shifts;
use super::spread::{Spread, Tails};
use super::values::MOST_VALUES;
use super::zeros::Zeros;
use crate::statistics::LONGEST_TAIL;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Beyond so many steps, what takes much room is kept of all together alone.
const MOST_STEPS: usize = 1000;

/// What is read, and what is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What was taken for what: the key of each role, and of the mask.
    pub columns: BTreeMap<String, String>,
    /// The roles that the files have.
    pub roles: Roles,
    /// The losses that are asked about.
    pub losses: Vec<Loss>,
}

/// Sums over sequences, in exact arithmetic, and what else adds up: the same in whatever order they were read, and however they
/// were shared out. Its form in JSON is what one machine tells another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub(super) settings: Settings,
    #[serde(with = "super::pairs")]
    pub(super) steps: BTreeMap<Step, Group>,
    /// Of each step, or of none.
    #[serde(with = "super::pairs")]
    pub(super) spreads: BTreeMap<Step, Spread>,
    /// Of all steps together, where there are too many.
    pub(super) spread: Option<Spread>,
    pub(super) tails: Tails,
    pub(super) standing_out: StandingOut,
    pub(super) positions: Positions,
    pub(super) equal: Equal,
    pub(super) shifts: Shifts,
    #[serde(default)]
    pub(super) zeros: Zeros,
    #[serde(with = "super::pairs")]
    pub(super) problems: BTreeMap<Fault, Noted>,
}

/// A kind of what is wrong, with what, and for which reason, less its numbers.
pub(super) type Fault = (Kind, Option<Role>, String);

/// How often something was found, and where first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) count: u64,
    pub(super) first: Place,
    /// What was wrong there, where the kind does not tell.
    pub(super) reason: String,
}

impl Summary {
    /// Of no sequence.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            steps: BTreeMap::new(),
            spreads: BTreeMap::new(),
            spread: None,
            tails: Tails::new(LONGEST_TAIL),
            standing_out: StandingOut::new(),
            positions: Positions::default(),
            equal: Equal::default(),
            shifts: Shifts::default(),
            zeros: Zeros::default(),
            problems: BTreeMap::new(),
        }
    }

    /// Of no sequence, to be added to this one: what this one would not keep is not kept.
    pub(super) fn successor(&self) -> Self {
        Self {
            spreads: self.spreads.iter().map(|(step, spread)| (step.clone(), spread.emptied())).collect(),
            spread: self.spread.as_ref().map(Spread::emptied),
            tails: self.tails.emptied(),
            standing_out: self.standing_out.emptied(),
            equal: self.equal.emptied(),
            ..Self::new(self.settings.clone())
        }
    }

    /// How many tokens count.
    pub fn tokens(&self) -> u64 {
        self.steps.values().fold(0, |sum, group| group.counts.tokens.saturating_add(sum))
    }

    /// Whether it is such as reading leaves: each step with its losses, and the values of its tokens.
    pub(super) fn is_whole(&self) -> bool {
        let losses = self.settings.losses.len();
        let groups = self.steps.values().all(|group| group.losses.len() == losses);
        let spreads = self.spreads.values().chain(&self.spread).all(|spread| spread.is_whole(losses));
        let of_step = |step: &Step| self.spreads.get(step).map_or(0, |spread| spread.log_ratios.count());
        let values = |tokens: u64| if self.settings.roles.has(Role::Ref) { tokens } else { 0 };
        let tokens = match &self.spread {
            Some(spread) => self.spreads.is_empty() && spread.log_ratios.count() == values(self.tokens()),
            None => self.steps.iter().all(|(step, group)| of_step(step) == values(group.counts.tokens)),
        };
        groups && spreads && tokens && self.settings.roles.policy().is_some()
    }

    /// How many steps there are.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// What could not be used, if anything: the kind that is found in the first place.
    pub fn first_fault(&self) -> Option<(Kind, Option<Role>, &Place, &str)> {
        let faults = self.problems.iter().filter(|((kind, ..), _)| kind.leaves_out());
        let first = faults.min_by(|(_, a), (_, b)| a.first.cmp(&b.first));
        first.map(|((kind, role, _), noted)| (*kind, *role, &noted.first, noted.reason.as_str()))
    }

    /// Adds a sequence, of which at least one token counts.
    pub(super) fn add(&mut self, record: &Record, kept: &Kept, seen: &Seen) {
        let (roles, losses) = (self.settings.roles, self.settings.losses.len());
        let group = self.steps.entry(record.step.clone()).or_insert_with(|| Group::new(losses));
        group.add(kept, seen, roles);
        self.spread_of(&record.step).add(seen);
        self.tails.add(seen);
        self.standing_out.add(record, kept, seen, roles);
        if roles.has(Role::Ref) {
            self.positions.add(seen);
        }
        self.equal.add(roles.iter().map(|role| kept.of(role)), &record.place);
        self.shifts.add(kept, seen, roles);
    }

    /// Counts tokens outside of the mask.
    pub(super) fn mask_out(&mut self, step: &Step, tokens: u64) {
        let losses = self.settings.losses.len();
        if tokens > 0 {
            self.steps.entry(step.clone()).or_insert_with(|| Group::new(losses)).masked_out += tokens;
        }
    }

    fn spread_of(&mut self, step: &Step) -> &mut Spread {
        let losses = self.settings.losses.len();
        if self.steps.len() > MOST_STEPS {
            let spread = self.spread.get_or_insert_with(|| Spread::new(losses));
            std::mem::take(&mut self.spreads).values().for_each(|of_step| spread.merge(of_step));
            return spread;
        }
        self.spreads.entry(step.clone()).or_insert_with(|| Spread::new(losses))
    }

    /// Notes that something is wrong.
    pub(super) fn note(&mut self, kind: Kind, role: Option<Role>, count: u64, place: Place, reason: &str) {
        let noted = Noted { count, first: place, reason: reason.to_owned() };
        // Places differ from fault to fault, and are told of the first.
        let same = reason.chars().filter(|character| !character.is_ascii_digit()).collect();
        self.note_all((kind, role, same), noted);
    }

    fn note_all(&mut self, key: Fault, noted: Noted) {
        let Some(known) = self.problems.get_mut(&key) else {
            self.problems.insert(key, noted);
            return;
        };
        known.count += noted.count;
        if noted.first < known.first {
            (known.first, known.reason) = (noted.first, noted.reason);
        }
    }

    /// Adds another one's sequences.
    ///
    /// # Errors
    /// What the two do not have in common.
    pub fn merge(&mut self, other: Self) -> Result<(), String> {
        self.settings.check_same(&other.settings)?;
        for (step, group) in other.steps {
            match self.steps.get_mut(&step) {
                Some(own) => own.merge(&group),
                None => drop(self.steps.insert(step, group)),
            }
        }
        other.spreads.iter().for_each(|(step, spread)| self.spread_of(step).merge(spread));
        if let Some(spread) = &other.spread {
            let losses = self.settings.losses.len();
            self.spread.get_or_insert_with(|| Spread::new(losses)).merge(spread);
        }
        self.tails.merge(&other.tails);
        self.standing_out.merge(other.standing_out);
        self.positions.merge(&other.positions);
        self.equal.merge(&other.equal);
        self.shifts.merge(&other.shifts);
        self.zeros.merge(&other.zeros);
        other.problems.into_iter().for_each(|(key, noted)| self.note_all(key, noted));
        self.bin_many();
        Ok(())
    }

    fn bin_many(&mut self) {
        if self.tokens() > MOST_VALUES {
            self.spreads.values_mut().chain(&mut self.spread).for_each(|spread| spread.log_ratios.bin());
        }
    }

    /// Leaves out what no longer has to be kept, and sorts: equal sequences then leave equal summaries.
    pub fn tidy(&mut self) {
        if self.steps.len() > MOST_STEPS && !self.spreads.is_empty() {
            let any = self.steps.keys().next().expect("there are steps").clone();
            self.spread_of(&any);
        }
        self.bin_many();
        self.spreads.values_mut().chain(&mut self.spread).for_each(Spread::tidy);
        self.tails.tidy();
        self.standing_out.tidy();
    }
}

impl Settings {
    fn check_same(&self, other: &Self) -> Result<(), String> {
        if self.columns != other.columns {
            let text = |columns: &BTreeMap<String, String>| {
                columns.iter().map(|(role, key)| format!("{role} = {key}")).collect::<Vec<_>>().join(", ")
            };
            return Err(format!(
                "the columns are {} in one and {} in the other",
                text(&self.columns),
                text(&other.columns)
            ));
        }
        if self.losses != other.losses {
            let text = |losses: &[Loss]| losses.iter().map(|loss| loss.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "the losses are {} in one and {} in the other",
                text(&self.losses),
                text(&other.losses)
            ));
        }
        Ok(())
    }
}
