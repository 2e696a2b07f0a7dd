//! The step of training that the name of a file tells.

use crate::audit::Step;
use std::path::Path;

/// No run has a step of so many digits; what has them is a time, or a hash.
const TOO_MANY_DIGITS: usize = 15;

/// The last number behind `step` in the name of the file, else the number that is all of its name up to the first dot where that
/// may be a step's, else the last number behind `step` in the name of its folder; else the file itself.
pub(super) fn step_of_name(path: &Path) -> Step {
    let text =
        |name: Option<&std::ffi::OsStr>| name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = text(path.file_name());
    let folder = text(path.parent().and_then(Path::file_name));
    let stem = name.split('.').next().filter(|stem| stem.len() < TOO_MANY_DIGITS).and_then(|stem| stem.parse().ok());
    let number = behind_step(&name).or(stem).or_else(|| behind_step(&folder));
    number.map_or_else(|| Step::Name(path.display().to_string()), Step::Number)
}

/// The number behind the last `step` of a name that has one.
fn behind_step(name: &str) -> Option<i64> {
    let name = name.to_lowercase();
    let number = |(start, step): (usize, &str)| {
        let rest = name[start + step.len()..].trim_start_matches(['_', '-', '=', '.', ' ']);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    name.rmatch_indices("step").find_map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_step() {
        let steps = [
            ("logs/train_data_step12.jsonl", 12),
            ("rollout_data/17.pt", 17),
            ("dump/train_9_3/5.jsonl.gz", 5),
            ("token_exports/step_3/rank_0.jsonl", 3),
            ("rollout_dump_data.step_4.jsonl", 4),
            ("global_step_000012_training_input.pkl.safetensors", 12),
            ("step_1_of_stepwise.jsonl", 1),
            ("runs/step_3/17.npz", 17),
            ("20260102030405.pt", 20_260_102_030_405),
            ("log_probs/step_12_1764259302123456789.pt", 12),
            ("step_3/1764259302123456789.pt", 3),
        ];
        for (path, step) in steps {
            assert_eq!(step_of_name(Path::new(path)), Step::Number(step), "{path}");
        }
    }

    #[test]
    fn other_names_are_steps_themselves() {
        let names = [
            "lp_000012_0.safetensors",
            "data.jsonl",
            "v2/steps.jsonl",
            "step_99999999999999999999.jsonl",
            "log_probs/1764259302123456789.pt",
            "log_probs/176425930212345.pt",
        ];
        for path in names {
            assert_eq!(step_of_name(Path::new(path)), Step::Name(path.into()));
        }
    }
}
