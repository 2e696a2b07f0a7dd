//! All that is kept of the sequences that were read; summaries of shares add up to that of all.

use super::equal::Equal;
use super::foremost::StandingOut;
use super::group::Group;
use super::histogram::Histogram;
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

/// Beyond so many steps, or so many numbers that they keep in all, what takes much room is kept of all steps together alone.
const MOST_STEPS: usize = 1000;
const MOST_ROOM: usize = 16_000_000;

/// Steps are told apart while their losses are at most so many, with what a step has beside them counted as five.
const MOST_LOSSES: usize = 90_000;
const BESIDE_LOSSES: usize = 5;

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
    /// Of all steps together, where there are too many.
    pub(super) sums: Option<Group>,
    /// Of each step, or of none.
    #[serde(with = "super::pairs")]
    pub(super) spreads: BTreeMap<Step, Spread>,
    /// Of all steps together, where they are too many or keep too much.
    pub(super) spread: Option<Spread>,
    pub(super) tails: Tails,
    /// Of log w.
    pub(super) log_weights: Histogram,
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
            sums: None,
            spreads: BTreeMap::new(),
            spread: None,
            tails: Tails::new(LONGEST_TAIL),
            log_weights: Histogram::default(),
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
            sums: self.sums.as_ref().map(|_| Group::new(self.settings.losses.len())),
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
        self.groups().fold(0, |sum, group| group.counts.tokens.saturating_add(sum))
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.steps.values().chain(&self.sums)
    }

    /// Whether it is such as reading leaves: each step with its losses, and the values of its tokens.
    pub(super) fn is_whole(&self) -> bool {
        let losses = self.settings.losses.len();
        let groups = self.groups().all(|group| group.losses.len() == losses);
        let groups = groups && (self.sums.is_none() || self.steps.is_empty() && self.spread.is_some());
        let spreads = self.spreads.values().chain(&self.spread).all(|spread| spread.is_whole(losses));
        let of_step = |step: &Step| self.spreads.get(step).map_or(0, |spread| spread.log_ratios.count());
        let values = |tokens: u64| if self.settings.roles.has(Role::Ref) { tokens } else { 0 };
        let tokens = match &self.spread {
            Some(spread) => self.spreads.is_empty() && spread.log_ratios.count() == values(self.tokens()),
            None => self.steps.iter().all(|(step, group)| of_step(step) == values(group.counts.tokens)),
        };
        groups && spreads && self.log_weights.is_whole() && tokens && self.settings.roles.policy().is_some()
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
        let roles = self.settings.roles;
        self.group_of(&record.step).add(kept, seen, roles);
        self.spread_of(&record.step).add(seen);
        self.tails.add(seen);
        self.log_weights.add(seen.log_weight());
        self.standing_out.add(record, kept, seen, roles);
        if roles.has(Role::Ref) {
            self.positions.add(seen);
        }
        self.equal.add(roles.iter().map(|role| kept.of(role)), &record.place);
        self.shifts.add(kept, seen, roles);
    }

    /// Counts tokens outside of the mask.
    pub(super) fn mask_out(&mut self, step: &Step, tokens: u64) {
        if tokens > 0 {
            self.group_of(step).masked_out += tokens;
        }
    }

    fn group_of(&mut self, step: &Step) -> &mut Group {
        let group = || Group::new(self.settings.losses.len());
        match &mut self.sums {
            Some(sums) => sums,
            None => self.steps.entry(step.clone()).or_insert_with(group),
        }
    }

    fn spread_of(&mut self, step: &Step) -> &mut Spread {
        let spread = || Spread::new(self.settings.losses.len());
        match &mut self.spread {
            Some(spread) => spread,
            None => self.spreads.entry(step.clone()).or_insert_with(spread),
        }
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
        if let Some(sums) = &other.sums {
            self.join_steps().merge(sums);
        }
        if let Some(spread) = &other.spread {
            self.join_spreads().merge(spread);
        }
        // By value: what was added takes no more room.
        other.steps.into_iter().for_each(|(step, group)| self.group_of(&step).merge(&group));
        other.spreads.into_iter().for_each(|(step, spread)| self.spread_of(&step).merge(&spread));
        self.tails.merge(&other.tails);
        self.log_weights.merge(&other.log_weights);
        self.standing_out.merge(other.standing_out);
        self.positions.merge(&other.positions);
        self.equal.merge(&other.equal);
        self.shifts.merge(&other.shifts);
        self.zeros.merge(&other.zeros);
        other.problems.into_iter().for_each(|(key, noted)| self.note_all(key, noted));
        self.join_many();
        Ok(())
    }

    /// Keeps less where there is much. Sequences can only add to what each limit is about: the order does not matter.
    fn join_many(&mut self) {
        if self.tokens() > MOST_VALUES {
            self.spreads.values_mut().chain(&mut self.spread).for_each(|spread| spread.log_ratios.bin());
        }
        if self.steps.len() > self.most_steps() {
            self.join_steps();
        }
        let room = || self.spreads.values().map(Spread::room).sum::<usize>();
        if self.sums.is_some() || self.steps.len() > MOST_STEPS || room() > MOST_ROOM {
            self.join_spreads();
        }
    }

    /// So many steps are told apart.
    pub(super) fn most_steps(&self) -> usize {
        MOST_LOSSES / (BESIDE_LOSSES + self.settings.losses.len())
    }

    fn join_steps(&mut self) -> &mut Group {
        let sums = self.sums.get_or_insert_with(|| Group::new(self.settings.losses.len()));
        std::mem::take(&mut self.steps).values().for_each(|group| sums.merge(group));
        sums
    }

    fn join_spreads(&mut self) -> &mut Spread {
        let spread = self.spread.get_or_insert_with(|| Spread::new(self.settings.losses.len()));
        std::mem::take(&mut self.spreads).values().for_each(|of_step| spread.merge(of_step));
        spread
    }

    /// Leaves out what no longer has to be kept, and sorts: equal sequences then leave equal summaries.
    pub fn tidy(&mut self) {
        self.join_many();
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
