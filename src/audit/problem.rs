//! What is wrong with the files.

use super::group::Group;
use super::place::Place;
use super::record::Role;
use super::shown::{count, share};
use super::summary::{Fault, Noted, Summary};
use crate::number::counted;
use serde::{Deserialize, Serialize};

/// Sure tokens are exactly 0, too, at the ends of sequences as well; of more than one in so many tokens it is told.
const PADDING: u64 = 20;

/// A kind of what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file or a part of it cannot be read; it is left out.
    Unreadable,
    /// The columns of a sequence are not equally long; it is left out.
    LengthsDiffer,
    /// A sequence lacks a column that others have; it is left out.
    NoColumn,
    /// A log-probability is not a number, or missing; the token is left out.
    NotANumber,
    /// A log-probability is -inf, or a number that stands for it, such as -9999; the token is left out.
    Infinite,
    /// A log-probability is 1, which trainers write where there is none; the token is left out.
    Sentinel,
    /// A log-probability is positive; the token is left out.
    Positive,
    /// A log-probability is exactly 0 where another one of the token is not nearly 0; the token is left out.
    Zero,
    /// A column is exactly 0 throughout where another policy is not sure; it is left out.
    ZeroFilled,
    /// No token of a sequence counts; it is left out.
    FullyMasked,
    /// The rows of a sequence do not follow each other; each part of it is kept as a sequence.
    Split,
    /// A sequence is equal to another one; it is kept.
    Equal,
    /// The reference is equal to the policy at every token.
    #[serde(rename = "ref_is_policy")]
    ReferenceIsPolicy,
    /// A column fits another one better when it is moved by a token.
    Shifted,
    /// A column was stored in 16 bits.
    Rounded,
    /// There is no mask: every token counts.
    NoMask,
    /// Sequences end with zeros in all columns, and there is no mask; they are kept.
    Padding,
    /// There are more steps than are told apart.
    TooManySteps,
}

impl Kind {
    /// What is wrong, as it is said behind the name of a column or of nothing.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "cannot be read",
            Self::LengthsDiffer => "is not as long as the mask or the other columns",
            Self::NoColumn => "is missing, which other sequences have",
            Self::NotANumber => "is not a number",
            Self::Infinite => "is -inf, or a number that stands for it, such as -9999",
            Self::Sentinel => "is 1, which trainers write where there is no log-probability",
            Self::Positive => "is positive, which no log-probability is",
            Self::Zero => "is exactly 0 where another policy is not sure, as where a value is missing",
            Self::ZeroFilled => "is exactly 0 throughout, as where it was not computed",
            Self::FullyMasked => "the mask leaves no token",
            Self::Split => "comes again after another one",
            Self::Equal => "is equal to another one",
            Self::ReferenceIsPolicy => "is equal to the policy at every token",
            Self::Shifted => "fits the policy better when it is moved by a token",
            Self::Rounded => "was stored in 16 bits",
            Self::Padding => "looks like padding",
            Self::NoMask => "there is no mask",
            Self::TooManySteps => "there are more steps than are told apart",
        }
    }

    /// Whether what is found is left out.
    pub fn leaves_out(self) -> bool {
        use Kind::{Infinite, LengthsDiffer, NoColumn, NotANumber, Positive, Sentinel, Unreadable, Zero};
        matches!(self, Unreadable | LengthsDiffer | NoColumn | NotANumber | Infinite | Sentinel | Positive | Zero)
    }
}

/// Something that is wrong, how often, and where first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// A sentence that says what it is and what was done about it.
    pub text: String,
    /// How many tokens or sequences, or of a whole column 1.
    pub count: u64,
    /// The first place, in the natural order of the files.
    pub first: Option<Place>,
}

/// What is wrong, from what was noted and from the sums over all sequences.
pub(super) fn problems(summary: &Summary, sums: &Group) -> Vec<Problem> {
    let tokens = sums.counts.tokens;
    let is_told = |((kind, ..), noted): &(&Fault, &Noted)| *kind != Kind::Padding || noted.count > tokens / PADDING;
    let mut noted: Vec<_> = summary.problems.iter().filter(is_told).collect();
    noted.sort_by(|((a, ..), first), ((b, ..), second)| a.cmp(b).then_with(|| first.first.cmp(&second.first)));
    let noted = noted.into_iter().map(|((kind, role, _), noted)| Problem {
        kind: *kind,
        text: noted_text(*kind, *role, noted, tokens),
        count: noted.count,
        first: Some(noted.first.clone()),
    });
    noted.chain(equal(summary)).chain(of_columns(summary, sums)).collect()
}

fn noted_text(kind: Kind, role: Option<Role>, noted: &Noted, tokens: u64) -> String {
    let noun = match kind {
        Kind::Unreadable => "part",
        Kind::LengthsDiffer | Kind::NoColumn | Kind::FullyMasked => "sequence",
        _ => "token",
    };
    let role = role.map_or(String::new(), |role| format!("{role} "));
    match kind {
        Kind::ZeroFilled => {
            let tokens = counted(noted.count, "token");
            return format!("The column of {role}is left out: it {} ({tokens}).", kind.text());
        }
        Kind::Padding => {
            return format!(
                "It looks like padding: {} of the tokens that count stand at the ends of sequences and are exactly 0 in all \
                 columns. They draw every mean towards 0; a mask, by --mask KEY, would be right.",
                share(noted.count as f64 / tokens as f64)
            );
        }
        Kind::Split => {
            return format!(
                "{} again after another one of the table: each part counts as a sequence, so that standard errors are too small. \
                 Rows sorted by sequence would be right.",
                if noted.count == 1 {
                    "1 sequence comes".to_owned()
                } else {
                    format!("{} sequences come", noted.count)
                }
            );
        }
        _ => {}
    }
    let what = if noted.reason.is_empty() { kind.text() } else { &noted.reason };
    format!("{} left out: {role}{what}.", counted(noted.count, noun))
}

fn equal(summary: &Summary) -> Option<Problem> {
    let (count, is_exact, first) = summary.equal.found()?;
    let about = if is_exact { "" } else { "About " };
    let (are, others) = if count == 1 { ("is", "another one") } else { ("are", "others") };
    let text = format!("{about}{} {are} equal to {others} in all columns, and kept.", counted(count, "sequence"));
    Some(Problem { kind: Kind::Equal, text, count, first: Some(first.clone()) })
}

fn of_columns(summary: &Summary, sums: &Group) -> Vec<Problem> {
    let roles = summary.settings.roles;
    let problem = |kind, text| Problem { kind, text, count: 1, first: None };
    let mut problems = Vec::new();
    if roles.has(Role::Ref) && sums.max_abs == 0.0 {
        let text =
            "The reference is equal to the policy at every token: it may be a copy, written where there is none.";
        problems.push(problem(Kind::ReferenceIsPolicy, text.to_owned()));
    }
    for (role, by, there, here) in summary.shifts.found(roles) {
        let side = if by > 0 { "later" } else { "earlier" };
        let text = format!(
            "The column of {role} fits that of the policy better when it is read a token {side}: the correlation is {there:.3} \
             then and {here:.3} as it is."
        );
        problems.push(problem(Kind::Shifted, text));
    }
    for role in roles.iter() {
        if let Some(name) = sums.precision[role as usize].narrow() {
            problems.push(problem(
                Kind::Rounded,
                format!("The column of {role} was stored in {name}: all of its numbers are such."),
            ));
        }
    }
    if !summary.settings.columns.contains_key("mask") {
        problems.push(problem(Kind::NoMask, "There is no mask: every token counts.".to_owned()));
    }
    if summary.sums.is_some() {
        let text = format!(
            "There are more than {} steps, so that none is told apart: a column of steps, by --step KEY, or files that are named \
             after their steps, as step_12.jsonl, would be right.",
            count(summary.most_steps() as u64)
        );
        problems.push(problem(Kind::TooManySteps, text));
    }
    problems
}
