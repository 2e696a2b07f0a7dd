//! The divergences that a loss may follow.

use std::fmt;

/// A known divergence of pi_theta from pi_ref, in the order in which they are named.
///
/// With w = pi_theta / pi_ref = e^D, each is the f-divergence E_ref\[f(w)\], a mean E\[v(D)\] over pi_theta of the value
/// v = f(w) / w, and its gradient is E\[c(D) s\] with c(D) = f'(w).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// KL(pi_theta||pi_ref): v = D, c = D.
    KlThetaRef,
    /// KL(pi_ref||pi_theta): v = -D e^-D, c = -e^-D.
    KlRefTheta,
    /// chi2(pi_theta||pi_ref) = E\[w\] - 1: v = e^D - 1, c = 2 e^D.
    Chi2ThetaRef,
    /// chi2(pi_ref||pi_theta) = E\[e^-2D\] - 1: v = e^-2D - 1, c = -e^-2D.
    Chi2RefTheta,
    /// E\[D^2\] / 2: v = D^2 / 2, c = D + D^2 / 2.
    HalfSquare,
    /// E_ref\[D^2\] / 2: v = e^-D D^2 / 2, c = D e^-D.
    HalfSquareRef,
    /// The total variation: v = |1 - e^-D| / 2, c = sign(D) / 2.
    TotalVariation,
    /// E|D|: v = |D|, c = sign(D) + |D|.
    Absolute,
    /// The divergence of Jensen and Shannon: v = log(2 e^D / (1 + e^D)) / 2 + e^-D log(2 / (1 + e^D)) / 2, c = log(2 e^D / (1 + e^D)) / 2.
    JensenShannon,
    /// The squared Hellinger distance E_ref\[(sqrt w - 1)^2\]: v = (1 - e^(-D/2))^2, c = -e^(-D/2).
    Hellinger,
    /// The entropy of pi_theta, for a loss in log pi_theta alone, which then stands for D: v = -D, c = -D.
    Entropy,
}

impl Known {
    /// Those of pi_theta from pi_ref.
    pub const DIVERGENCES: [Self; 10] = [
        Self::KlThetaRef,
        Self::KlRefTheta,
        Self::Chi2ThetaRef,
        Self::Chi2RefTheta,
        Self::HalfSquare,
        Self::HalfSquareRef,
        Self::TotalVariation,
        Self::Absolute,
        Self::JensenShannon,
        Self::Hellinger,
    ];

    /// The gradient coefficient c(D) with samples of pi_theta; a constant in it does nothing.
    pub fn coefficient(self, d: f64) -> f64 {
        match self {
            Self::KlThetaRef => d,
            Self::KlRefTheta => -(-d).exp(),
            Self::Chi2ThetaRef => 2.0 * d.exp(),
            Self::Chi2RefTheta => -(-2.0 * d).exp(),
            Self::HalfSquare => d + d * d / 2.0,
            Self::HalfSquareRef => d * (-d).exp(),
            Self::TotalVariation => sign(d) / 2.0,
            Self::Absolute => sign(d) + d.abs(),
            Self::JensenShannon => (2.0 / (1.0 + (-d).exp())).ln() / 2.0,
            Self::Hellinger => -(-d / 2.0).exp(),
            Self::Entropy => -d,
        }
    }

    /// The D at which the coefficient has this value or jumps over it, where that is a formula: minus infinity where the
    /// coefficient is above it for all D, and infinity where it is below.
    pub(super) fn solved(self, c: f64) -> Option<f64> {
        let log = |x: f64| x.max(0.0).ln();
        match self {
            Self::KlThetaRef => Some(c),
            Self::KlRefTheta => Some(-log(-c)),
            Self::Chi2ThetaRef => Some(log(c / 2.0)),
            Self::Chi2RefTheta => Some(-log(-c) / 2.0),
            Self::JensenShannon => Some(-log(2.0 * (-2.0 * c).exp() - 1.0)),
            Self::Hellinger => Some(-2.0 * log(-c)),
            Self::TotalVariation if c.abs() < 0.5 => Some(0.0),
            Self::TotalVariation => Some(f64::INFINITY.copysign(c)),
            Self::HalfSquare | Self::HalfSquareRef | Self::Absolute | Self::Entropy => None,
        }
    }

    /// A value v(D) whose mean over pi_theta it is.
    pub fn value(self, d: f64) -> f64 {
        match self {
            Self::KlThetaRef => d,
            Self::KlRefTheta => -d * (-d).exp(),
            Self::Chi2ThetaRef => d.exp_m1(),
            Self::Chi2RefTheta => (-2.0 * d).exp_m1(),
            Self::HalfSquare => d * d / 2.0,
            Self::HalfSquareRef => d * d / 2.0 * (-d).exp(),
            Self::TotalVariation => (-d).exp_m1().abs() / 2.0,
            Self::Absolute => d.abs(),
            Self::JensenShannon => self.coefficient(d) + (-d).exp() * (2.0 / (1.0 + d.exp())).ln() / 2.0,
            Self::Hellinger => (-d / 2.0).exp_m1().powi(2),
            Self::Entropy => -d,
        }
    }
}

fn sign(d: f64) -> f64 {
    if d == 0.0 { 0.0 } else { d.signum() }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(match self {
            Self::KlThetaRef => "KL(theta||ref)",
            Self::KlRefTheta => "KL(ref||theta)",
            Self::Chi2ThetaRef => "chi2(theta||ref)",
            Self::Chi2RefTheta => "chi2(ref||theta)",
            Self::HalfSquare => "E[D^2]/2",
            Self::HalfSquareRef => "E_ref[D^2]/2",
            Self::TotalVariation => "TV",
            Self::Absolute => "E|D|",
            Self::JensenShannon => "JS",
            Self::Hellinger => "Hellinger^2",
            Self::Entropy => "entropy(theta)",
        })
    }
}
