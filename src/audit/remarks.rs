//! What stands out: sentences with numbers, each with the test that lets it be said.

use super::group::{Group as Sums, LARGEST_LOGS, LineSums};
use super::record::Role;
use super::result::{Audit, Kl, LossAudit, Remark, RemarkKind, Sampler};
use super::shown::share;
use super::spread::Top;
use super::summary::Summary;
use crate::estimator::expr::{Expr, Steps, Tape};
use crate::number::counted;
use crate::statistics::student_quantile;

/// KL is at the rounding floor below so many times of it.
const FLOORS: f64 = 3.0;
/// A mean of 0 is beyond its noise, on the one side, with that probability.
const BY_CHANCE: f64 = 0.025;
/// Above that k-hat a mean is not to be trusted (Vehtari and others, 2024).
const HEAVY: f64 = 0.7;
/// What carries more than that of the value carries it.
const MOST: f64 = 0.5;
/// One in so many tokens is few, and of fewer tokens than these not even one is.
const ONE_IN: u64 = 1000;
const FEWEST: u64 = 100;
/// NeMo-RL raises an alarm at that mismatch KL.
const MISMATCH: f64 = 1e-3;
const EFFECTIVE: f64 = 0.9;
/// A line of D over log p that explains more than that of its variance, over so many tokens, and that steep.
const EXPLAINED: f64 = 0.25;
/// More than that part of the sum of squares of D makes a single token a line.
const SINGLE: f64 = 0.1;
const TOKENS_OF_LINE: u64 = 100;
const STEEP: f64 = 0.02;
/// At the start KL is below that, or at its rounding floor.
const START: f64 = 1e-3;

/// The remarks, the most important first.
pub(super) fn remarks(audit: &Audit, sums: &Sums, k3: &Top, summary: &Summary) -> Vec<Remark> {
    let settings = &summary.settings;
    let found = summary.shifts.found(settings.roles);
    let mut remarks = shifted(&found);
    // What is computed from a column that is shifted compares different tokens, and says no more than that.
    let is_shifted = |role: Role| found.iter().any(|(shifted, ..)| *shifted == role);
    let is_sound =
        settings.roles.mismatch().is_some_and(|(sampler, target)| ![sampler, target].into_iter().any(is_shifted));
    if is_sound {
        remarks.extend(line("log(trainer/sampler)", &sums.sampler_line, sums.sampler.max_abs, sums.counts.tokens));
        remarks.extend(audit.all.sampler.as_ref().and_then(|sampler| sampler_differs(sampler, audit)));
    }
    if is_shifted(Role::Ref) {
        return remarks;
    }
    if let Some(kl) = &audit.all.kl {
        remarks.extend(line("log(policy/ref)", &sums.line, sums.max_abs, sums.counts.tokens));
        remarks.extend(overflow(audit, sums.beyond));
        remarks.extend(rounding_floor(kl));
        remarks.extend(negative_k1(kl, audit));
        remarks.extend(few_tokens(audit, sums, k3));
        remarks.extend(heavy_tail(audit));
        remarks.extend(not_the_start(audit));
    }
    remarks.extend(audit.all.losses.iter().filter_map(|loss| clamp_kills(loss, audit.all.tokens)));
    let losses = audit.all.losses.iter().zip(&settings.losses);
    remarks.extend(losses.filter_map(|(loss, asked)| weak_pull(loss, &asked.expression)));
    remarks
}

fn remark(kind: RemarkKind, count: u64, text: String) -> Remark {
    Remark { kind, text, count, first: None }
}

fn shifted(found: &[(Role, i32, f64, f64)]) -> Vec<Remark> {
    let of = |(role, by, there, here): &(Role, i32, f64, f64)| {
        let side = if *by > 0 { "later" } else { "earlier" };
        let text = format!(
            "The columns are shifted: what {role} says of a token stands a token {side} (correlation {there:.3}, and {here:.3} \
             as they stand). Every number below that has to do with {role} compares different tokens."
        );
        remark(RemarkKind::Shifted, 1, text)
    };
    found.iter().map(of).collect()
}

fn line(name: &str, line: &LineSums, largest: f64, tokens: u64) -> Option<Remark> {
    let (slope, explained) = line.slope(tokens)?;
    let is_of_many = largest * largest < SINGLE * line.squares_of_ratios();
    let holds = explained > EXPLAINED && slope.abs() > STEEP && tokens >= TOKENS_OF_LINE && is_of_many;
    let text = format!(
        "{name} grows in proportion to log p: {slope:.3} of it, which explains {} of its variance, as where a temperature acts on \
         one side only, or one policy is sharper than the other.",
        share(explained)
    );
    holds.then(|| remark(RemarkKind::Temperature, tokens, text))
}

fn sampler_differs(sampler: &Sampler, audit: &Audit) -> Option<Remark> {
    // Where they are beyond 64-bit floats, they are as far off as can be.
    let (k3, effective) = (sampler.k3.unwrap_or(f64::INFINITY), sampler.ess.unwrap_or(0.0));
    let text = format!(
        "The sampler is not the policy: their KL is {k3:.3e} per token (by k3), {} of the tokens are effective, and the ratio is \
         beyond 0.8 to 1.2 at {} of them.",
        share(effective),
        share(sampler.beyond_narrow)
    );
    (k3 > MISMATCH || effective < EFFECTIVE).then(|| remark(RemarkKind::SamplerDiffers, audit.all.tokens, text))
}

/// With how many tokens have a k3 beyond floats of 64, 32 and 16 bits.
fn overflow(audit: &Audit, beyond: [u64; 3]) -> Option<Remark> {
    let [wide, single, half] = beyond;
    let [_, of_single, of_half] = LARGEST_LOGS;
    let start = match wide {
        0 => "k3".to_owned(),
        _ => format!(
            "k3 is beyond floats at {}, so that its mean and what follows from it are not known; it",
            counted(wide, "token")
        ),
    };
    let text = format!(
        "{start} is infinite for a framework that computes in 32 bits at {}, where D is below -{of_single:.4}, and in 16 bits at \
         {}, where D is below -{of_half:.4}.",
        counted(single, "token"),
        counted(half, "token")
    );
    let (count, largest) = if wide > 0 { (wide, LARGEST_LOGS[0]) } else { (single, of_single) };
    let first = audit.tokens.iter().filter(|token| -token.log_ratio > largest).map(|token| &token.place).min();
    (single > 0).then(|| Remark { first: first.cloned(), ..remark(RemarkKind::Overflow, count, text) })
}

fn rounding_floor(kl: &Kl) -> Option<Remark> {
    let k2 = kl.k2.mean?;
    let text = format!(
        "KL is at the rounding floor: k2 is {k2:.3e}, and the rounding of the stored numbers alone would make it {:.3e}.",
        kl.rounding_floor
    );
    (k2 > 0.0 && k2 < FLOORS * kl.rounding_floor).then(|| remark(RemarkKind::RoundingFloor, 1, text))
}

fn negative_k1(kl: &Kl, audit: &Audit) -> Option<Remark> {
    let mean = kl.k1.mean.filter(|&mean| mean < 0.0)?;
    let text = match kl.k1.standard_error {
        None => format!("The mean of k1 is negative, {mean:.3e}; of one sequence its noise is not known."),
        Some(error) if -mean <= student_quantile(BY_CHANCE, (audit.all.sequences - 1) as f64) * error => format!(
            "The mean of k1 is negative, {mean:.3e}, within its noise: the standard error is {error:.3e}. KL itself is not negative."
        ),
        Some(error) => format!(
            "The mean of k1 is negative, {mean:.3e}, beyond its noise: the standard error is {error:.3e}. KL is not negative, so \
             that these tokens are hardly samples of this policy."
        ),
    };
    Some(remark(RemarkKind::NegativeK1, audit.all.sequences, text))
}

fn few_tokens(audit: &Audit, sums: &Sums, k3: &Top) -> Option<Remark> {
    let tokens = audit.all.tokens;
    let (count, part) = k3.fewest(MOST, sums.kl[2].total())?;
    let carry = if count == 1 { "token carries" } else { "tokens carry" };
    let text = format!("{count} {carry} the value: {} of the sum of k3 over {tokens} tokens.", share(part));
    // The tokens that are told are those of the largest |D|, and one with that little k3 is not the largest of the few.
    let least = 0.99 * part * sums.kl[2].total() / count as f64;
    let k3s = audit.tokens.iter().map(|token| ((-token.log_ratio).exp_m1() + token.log_ratio, &token.place));
    let first = k3s.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(k3, _)| *k3 >= least);
    let first = first.map(|(_, place)| place.clone());
    let is_few = tokens >= FEWEST && count <= tokens.div_ceil(ONE_IN);
    is_few.then(|| Remark { first, ..remark(RemarkKind::FewTokens, count, text) })
}

fn heavy_tail(audit: &Audit) -> Option<Remark> {
    let k = audit.all.tail.r.filter(|&k| k > HEAVY)?;
    let text = format!(
        "The tail of r = exp(-D) is heavy: its Pareto index is {k:.2}, above {HEAVY}, so that the mean of k3 and its standard error \
         are not to be trusted."
    );
    Some(remark(RemarkKind::HeavyTail, audit.all.tokens, text))
}

fn not_the_start(audit: &Audit) -> Option<Remark> {
    let first = audit.steps.first().filter(|_| audit.steps.len() > 1)?;
    let is_start = matches!(first.step, Some(super::Step::Number(0 | 1)));
    let kl = first.kl.as_ref().filter(|_| is_start)?;
    let k2 = kl.k2.mean.filter(|&k2| k2 > START.max(FLOORS * kl.rounding_floor))?;
    let text = format!(
        "The reference is not the start policy: KL begins at {k2:.3e} per token (by k2, at step {}), where it would be 0.",
        first.step.as_ref()?
    );
    Some(remark(RemarkKind::NotTheStart, first.tokens, text))
}

fn clamp_kills(loss: &LossAudit, tokens: u64) -> Option<Remark> {
    let dead = loss.dead.filter(|&dead| dead > 0.0)?;
    let count = (dead * tokens as f64).round() as u64;
    let (tokens, carry) = if count == 1 { ("token", "carries") } else { ("tokens", "carry") };
    let carried = loss.dead_share.map_or(String::new(), |part| format!(", which {carry} {} of k3", share(part)));
    let text = format!("{} has no gradient at {count} {tokens} ({}){carried}.", loss.name, share(dead));
    Some(remark(RemarkKind::ClampKills, count, text))
}

fn weak_pull(loss: &LossAudit, expression: &Expr) -> Option<Remark> {
    let strength = loss.strength.filter(|&strength| strength.abs() < MOST)?;
    let text = format!(
        "{} has a gradient of second order in D, as k3 in the reward has: of the pull of KL {} is left at this KL.",
        loss.name,
        share(strength.abs())
    );
    is_of_second_order(expression).then(|| remark(RemarkKind::WeakPull, 1, text))
}

/// Whether a coefficient is 0 at D = 0, and near it smaller than D by far.
fn is_of_second_order(loss: &Expr) -> bool {
    const NEAR: f64 = 1e-3;
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let mut block = tape.evaluate(Steps::samples(&[-1.0; 3], &[-NEAR, 0.0, NEAR], &[0.0; 3]));
    let [below, at, above] = *block.coefficients(0) else { return false };
    at == 0.0 && below.abs().max(above.abs()) < NEAR / 10.0 && (below, above) != (0.0, 0.0)
}
