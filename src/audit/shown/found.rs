//! What was taken for what, what is wrong, and what stands out.

use super::grid::Section;
use crate::audit::{Audit, Place, Role};
use serde::Serialize;

/// In the order in which people ask for them.
const ROLES: [&str; 7] = ["policy", "old", "rollout", "ref", "mask", "step", "sequence"];

/// A fact for each role, then for what else was found.
pub(crate) fn columns(audit: &Audit) -> Section {
    let known = ROLES.iter().map(|role| (*role, audit.columns.get(*role)));
    let known = known.map(|(role, key)| (role.to_owned(), key.cloned().unwrap_or_else(|| missing(role))));
    let others = audit.columns.iter().filter(|(role, _)| !ROLES.contains(&role.as_str()));
    let others = others.map(|(role, key)| (role.clone(), key.clone()));
    Section {
        title: "Columns".to_owned(),
        facts: known.chain(others).collect(),
        notes: vec![policies(audit)],
        ..Section::default()
    }
}

fn missing(role: &str) -> String {
    match role {
        "mask" => "- (--mask KEY names it; without it every token counts)".to_owned(),
        "step" => "- (--step KEY names it; without it each file is a step)".to_owned(),
        _ => format!("- (--{role} KEY names it)"),
    }
}

/// Whose log-probabilities are taken for the policy's, and who drew the tokens.
fn policies(audit: &Audit) -> String {
    let policy = match audit.policy {
        Role::Policy => "The policy is that of the column policy.",
        Role::Old => "There is no column for the current policy: the old one is taken for it.",
        Role::Rollout => "There is no column for the trainer's policy: that of the rollout is taken for it.",
        Role::Ref => "There is no column for a policy.",
    };
    match audit.sampler_role == audit.policy {
        true => format!("{policy} The tokens are taken as drawn by it."),
        false => format!("{policy} The tokens were drawn by that of the column {}.", audit.sampler_role),
    }
}

/// Something that is wrong, or stands out.
pub(crate) struct Finding {
    /// Its kind.
    pub kind: String,
    /// What.
    pub text: String,
    /// Where first.
    pub first: Option<String>,
}

/// What is wrong with the files.
pub(crate) fn problems(audit: &Audit) -> Vec<Finding> {
    audit.problems.iter().map(|problem| finding(problem.kind, &problem.text, problem.first.as_ref())).collect()
}

/// What stands out.
pub(crate) fn remarks(audit: &Audit) -> Vec<Finding> {
    audit.remarks.iter().map(|remark| finding(remark.kind, &remark.text, remark.first.as_ref())).collect()
}

fn finding(kind: impl Serialize, text: &str, first: Option<&Place>) -> Finding {
    // Kinds are called what files call them.
    let kind = serde_json::to_value(kind).ok().and_then(|kind| Some(kind.as_str()?.replace('_', " ")));
    Finding { kind: kind.unwrap_or_default(), text: text.to_owned(), first: first.map(Place::to_string) }
}
