//! Whose logs they are.

use crate::spelling::nearest;
use std::fmt;
use std::str::FromStr;

/// Who wrote the files: a training framework, or a tool that has a format of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framework {
    /// AReaL, by inclusionAI.
    Areal,
    /// Atropos, by Nous Research.
    Atropos,
    /// Miles, which grew out of slime.
    Miles,
    /// ms-swift, by ModelScope.
    MsSwift,
    /// NeMo-RL, by NVIDIA.
    NemoRl,
    /// open-instruct, by Ai2.
    OpenInstruct,
    /// OpenRLHF.
    OpenRlhf,
    /// prime-rl, by Prime Intellect.
    PrimeRl,
    /// RLLoggingBoard, a viewer whose format others write.
    RlLoggingBoard,
    /// ROLL, by Alibaba.
    Roll,
    /// SkyRL, by NovaSky.
    SkyRl,
    /// slime, by THUDM.
    Slime,
    /// The cookbook of Tinker, by Thinking Machines.
    Tinker,
    /// torchforge, by Meta.
    Torchforge,
    /// torchtune, by Meta.
    Torchtune,
    /// TRL, by Hugging Face.
    Trl,
    /// Unsloth, which patches TRL.
    Unsloth,
    /// verifiers, by Prime Intellect.
    Verifiers,
    /// verl.
    Verl,
}

impl Framework {
    /// All of them, by name.
    pub const ALL: [Self; 19] = [
        Self::Areal,
        Self::Atropos,
        Self::Miles,
        Self::MsSwift,
        Self::NemoRl,
        Self::OpenInstruct,
        Self::OpenRlhf,
        Self::PrimeRl,
        Self::RlLoggingBoard,
        Self::Roll,
        Self::SkyRl,
        Self::Slime,
        Self::Tinker,
        Self::Torchforge,
        Self::Torchtune,
        Self::Trl,
        Self::Unsloth,
        Self::Verifiers,
        Self::Verl,
    ];

    /// Its name, as it writes it but for capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Areal => "areal",
            Self::Atropos => "atropos",
            Self::Miles => "miles",
            Self::MsSwift => "ms-swift",
            Self::NemoRl => "nemo-rl",
            Self::OpenInstruct => "open-instruct",
            Self::OpenRlhf => "openrlhf",
            Self::PrimeRl => "prime-rl",
            Self::RlLoggingBoard => "rlloggingboard",
            Self::Roll => "roll",
            Self::SkyRl => "skyrl",
            Self::Slime => "slime",
            Self::Tinker => "tinker",
            Self::Torchforge => "torchforge",
            Self::Torchtune => "torchtune",
            Self::Trl => "trl",
            Self::Unsloth => "unsloth",
            Self::Verifiers => "verifiers",
            Self::Verl => "verl",
        }
    }

    /// Whose names of columns it shares, if another one's.
    pub(super) fn like(self) -> Self {
        match self {
            Self::Miles => Self::Slime,
            Self::Unsloth => Self::Trl,
            Self::Roll => Self::RlLoggingBoard,
            other => other,
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Framework {
    type Err = String;

    /// The framework of that name; capitals, dashes and underscores do not count.
    ///
    /// # Errors
    /// Where there is none, with what may have been meant.
    fn from_str(text: &str) -> Result<Self, String> {
        let letters = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
        let asked = letters(text);
        let known = Self::ALL.into_iter().find(|framework| letters(framework.name()) == asked);
        known.ok_or_else(|| {
            let names = || Self::ALL.map(|framework| framework.name().to_owned());
            let near = nearest(text, names());
            let right = if near.is_empty() { names().join(", ") } else { near.join(" or ") };
            format!("{text:?} is no framework whose logs are known; {right} would be right")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for framework in Framework::ALL {
            assert_eq!(framework.name().parse(), Ok(framework));
        }
        assert_eq!("NeMo_RL".parse(), Ok(Framework::NemoRl));
        assert_eq!("SkyRL".parse(), Ok(Framework::SkyRl));
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let refused = "slim".parse::<Framework>().expect_err("it lacks a letter");
        assert_eq!(refused, "\"slim\" is no framework whose logs are known; slime would be right");
        let refused = "megatron".parse::<Framework>().expect_err("it writes no logs");
        assert!(refused.contains("areal, atropos") && refused.contains("verl"), "{refused}");
    }
}
