//! How the tokens of a sequence make one loss.

use crate::estimator::expr::Expr;
use std::fmt;

/// What is done with a loss that has a number for each token.
///
/// G and L are not scaled with it, so that a loss over the mean length shows a strength of one over that. A loss that is one
/// number for the sequence stays as it is under `TokenSum` and `SequenceMean`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregate {
    /// The sum over the tokens.
    #[default]
    TokenSum,
    /// That over the expected length under the policy that draws: the sum over all tokens of a large batch, over their number.
    TokenMean,
    /// The mean over each sequence's own tokens.
    SequenceMean,
}

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TokenSum, Self::TokenMean, Self::SequenceMean];

    /// The loss of a sequence, but for a factor.
    pub(crate) fn loss(self, expression: &Expr) -> Expr {
        match self {
            Self::TokenSum | Self::TokenMean => expression.clone(),
            Self::SequenceMean => expression.mean(),
        }
    }

    /// The factor, where sequences have this mean length under the policy that draws.
    pub(crate) fn factor(self, mean_length: f64) -> f64 {
        match self {
            Self::TokenSum | Self::SequenceMean => 1.0,
            Self::TokenMean => mean_length.recip(),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::TokenSum => "token-sum",
            Self::TokenMean => "token-mean",
            Self::SequenceMean => "sequence-mean",
        })
    }
}
