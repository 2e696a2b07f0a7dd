//! An audit of tokens that are made up here, for the tests of what shows one.

use super::{
    Audit, Bin, Estimate, Group, Kind, Kl, LargestToken, LossAudit, Place, Position, Problem, Quantile, Remark,
    RemarkKind, Role, Sampler, SequenceToken, Step, Tail, Weighted, WorstSequence,
};
use std::collections::BTreeMap;

/// What a hostile file may hold.
pub const HOSTILE: [&str; 6] = [
    "<script>document.title = 'taken'</script>",
    "\" onmouseover=\"document.title='taken'\" '&amp;",
    "\u{202e}reversed",
    "\u{1b}[31mred\u{1b}[0m",
    "nul\0 and\ttab\r\nand line",
    "zero\u{200b}width",
];

/// How the tokens are made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub steps: usize,
    pub sequences: usize,
    pub length: usize,
    /// The size of D.
    pub scale: f64,
    /// What is added to D.
    pub shift: f64,
}

/// So many steps of 6 sequences of 40 tokens.
pub fn audit(steps: usize) -> Audit {
    made(Made { steps, sequences: 6, length: 40, scale: 0.05, shift: 0.0 })
}

/// A token: D, the logarithm of rho, the log-probability.
#[derive(Clone, Copy)]
struct Token {
    d: f64,
    log_rho: f64,
    log_prob: f64,
}

type Sequence = Vec<Token>;

pub fn made(made: Made) -> Audit {
    let steps: Vec<Vec<Sequence>> = (0..made.steps).map(|step| sequences(made, step)).collect();
    let all = steps.concat();
    let tokens: Vec<Token> = all.concat();
    Audit {
        columns: columns(),
        policy: Role::Policy,
        sampler_role: Role::Rollout,
        all: group(None, &all),
        steps: steps.iter().enumerate().map(|(step, all)| group(Some(Step::Number(step as i64)), all)).collect(),
        remarks: remarks(),
        problems: problems(),
        positions: positions(&all, made.length),
        log_ratios: bins(tokens.iter().map(|token| token.d)),
        log_weights: bins(tokens.iter().map(|token| token.log_rho)),
        tokens: largest(&all),
        worst: worst(&all),
    }
}

/// Numbers from -1 to 1 that look random: a linear congruential generator's upper bits.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn sequences(made: Made, step: usize) -> Vec<Sequence> {
    let mut noise = noise(step as u64 + 1);
    let mut token = |index: usize| {
        let growth = 1.0 + step as f64 / made.steps as f64;
        let spike = if index % 31 == 30 { 12.0 } else { 1.0 };
        let d = made.shift + made.scale * growth * spike * (noise() + noise() + 0.3);
        Token {
            d,
            log_rho: 0.02 * (noise() + noise()) + if index % 37 == 36 { 0.5 } else { 0.0 },
            log_prob: -2.0 + noise(),
        }
    };
    (0..made.sequences).map(|_| (0..made.length).map(&mut token).collect()).collect()
}

fn columns() -> BTreeMap<String, String> {
    let columns = [
        ("policy", "new_logprobs"),
        ("old", "old_logprobs"),
        ("rollout", "rollout_logprobs"),
        ("ref", "ref_logprobs"),
        ("mask", "response_mask * <b>mask</b>"),
    ];
    columns.map(|(role, key)| (role.to_owned(), key.to_owned())).into()
}

fn k([d, weight]: [f64; 2]) -> [f64; 3] {
    [d, d * d / 2.0, (-d).exp_m1() + d].map(|value| weight * value)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// The mean over tokens of k1, k2 or k3, and its standard error over sequences.
fn estimate(all: &[Sequence], which: usize, weight: impl Fn(&Token) -> f64) -> Estimate {
    let sum = |sequence: &Sequence| sequence.iter().map(|token| k([token.d, weight(token)])[which]).sum::<f64>();
    let sums: Vec<f64> = all.iter().map(sum).collect();
    let per_sequence = mean(sums.iter().copied());
    let count = all.len() as f64;
    let length = mean(all.iter().map(|sequence| sequence.len() as f64));
    let variance = sums.iter().map(|sum| (sum - per_sequence).powi(2)).sum::<f64>() / (count - 1.0);
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Estimate {
        mean: finite(per_sequence / length),
        standard_error: finite((variance / count).sqrt() / length),
        per_sequence: finite(per_sequence),
    }
}

fn group(step: Option<Step>, all: &[Sequence]) -> Group {
    let tokens = all.concat();
    Group {
        step,
        sequences: all.len() as u64,
        tokens: tokens.len() as u64,
        masked_out: 17,
        kl: Some(kl(all, &tokens)),
        sampler: Some(sampler(&tokens)),
        tail: Tail { r: Some(0.83), rho: Some(0.21) },
        losses: losses(&tokens),
    }
}

fn kl(all: &[Sequence], tokens: &[Token]) -> Kl {
    let [k1, k2, k3] = [0, 1, 2].map(|which| estimate(all, which, |_| 1.0));
    let [rho_k1, rho_k2, rho_k3] = [0, 1, 2].map(|which| estimate(all, which, |token| token.log_rho.exp()));
    let mut sorted: Vec<f64> = tokens.iter().map(|token| token.d).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |at: f64| Quantile { at, log_ratio: sorted[(at * (sorted.len() - 1) as f64) as usize] };
    Kl {
        k1,
        k2,
        k3,
        max_abs: sorted.iter().fold(0.0, |most, d| f64::max(most, d.abs())),
        rounding_floor: 3.1e-6,
        top_share: Some(0.37),
        quantiles: [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999].map(quantile).into(),
        weighted: Some(Weighted { k1: rho_k1, k2: rho_k2, k3: rho_k3 }),
    }
}

fn sampler(tokens: &[Token]) -> Sampler {
    let logs = || tokens.iter().map(|token| token.log_rho);
    let beyond = |from: f64, to: f64| mean(logs().map(|log| f64::from(!(from..to).contains(&log.exp()))));
    Sampler {
        mean_abs: Some(mean(logs().map(f64::abs))),
        max_abs: logs().fold(0.0, |most, log| f64::max(most, log.abs())),
        k1: Some(mean(logs().map(|log| -log))),
        k3: Some(mean(logs().map(|log| log.exp_m1() - log))),
        ess: Some(mean(logs().map(f64::exp)).powi(2) / mean(logs().map(|log| (2.0 * log).exp()))),
        ess_sequence_mean: Some(0.97),
        beyond_narrow: beyond(0.8, 1.2),
        beyond_wide: beyond(0.5, 2.0),
    }
}

/// Name, formula, and coefficient.
type Loss = (&'static str, &'static str, fn(f64) -> f64);

const LOSSES: [Loss; 4] = [
    ("k1", "D", |_| 1.0),
    ("k2", "D^2 / 2", |d| d),
    ("k3", "expm1(-D) + D", |d| -(-d).exp_m1()),
    ("k3_clamped", "clamp(expm1(-D) + D, -10, 10)", |d| if (-d).exp_m1() + d > 10.0 { 0.0 } else { -(-d).exp_m1() }),
];

fn losses(tokens: &[Token]) -> Vec<LossAudit> {
    let rms = |of: &dyn Fn(f64) -> f64| mean(tokens.iter().map(|token| of(token.d).powi(2))).sqrt();
    let loss = |(name, expression, c): &Loss| LossAudit {
        name: (*name).to_owned(),
        expression: (*expression).to_owned(),
        value: Some(mean(tokens.iter().map(|token| k([token.d, 1.0])[1]))).filter(|value| value.is_finite()),
        rms: Some(rms(c)).filter(|rms| rms.is_finite()),
        distance: Some(rms(&|d| c(d) - d) / rms(&|d| d)).filter(|distance| distance.is_finite()),
        strength: Some(mean(tokens.iter().map(|token| c(token.d) * token.d)) / rms(&|d| d).powi(2)),
        dead: Some(mean(tokens.iter().map(|token| f64::from(c(token.d) == 0.0)))),
        dead_share: Some(0.0),
        wrong_way: Some(mean(tokens.iter().map(|token| f64::from(c(token.d) * token.d < 0.0)))),
        top_share: Some(0.11),
        noise: Some(rms(c) / rms(&|d| d)),
    };
    LOSSES.iter().map(loss).collect()
}

fn positions(all: &[Sequence], length: usize) -> Vec<Position> {
    let mut ends = vec![0];
    while ends[ends.len() - 1] < length {
        let last = ends[ends.len() - 1];
        ends.push((last + 1 + last / 4).min(length));
    }
    let position = |ends: &[usize]| {
        let part: Vec<Sequence> = all.iter().map(|sequence| sequence[ends[0]..ends[1]].to_vec()).collect();
        let estimates = [0, 1, 2].map(|which| estimate(&part, which, |_| 1.0));
        Position {
            from: ends[0] as u64,
            to: ends[1] as u64,
            tokens: (part.len() * (ends[1] - ends[0])) as u64,
            means: estimates.map(|estimate| estimate.mean),
            standard_errors: estimates.map(|estimate| estimate.standard_error),
        }
    };
    ends.windows(2).map(position).collect()
}

/// Each 2% wider than the one before.
fn bins(values: impl Iterator<Item = f64>) -> Vec<Bin> {
    let mut counts: BTreeMap<(i8, i64), u64> = BTreeMap::new();
    for value in values {
        let exponent = if value == 0.0 { 0 } else { (value.abs().ln() / 0.02).floor() as i64 };
        let sign = if value == 0.0 { 0 } else { value.signum() as i8 };
        *counts.entry((sign, i64::from(sign) * exponent)).or_default() += 1;
    }
    let end = |exponent: i64| (0.02 * exponent as f64).exp();
    let bin = |((sign, exponent), count)| match sign {
        0 => Bin { from: 0.0, to: 0.0, count },
        1 => Bin { from: end(exponent), to: end(exponent + 1), count },
        _ => Bin { from: -end(1 - exponent), to: -end(-exponent), count },
    };
    counts.into_iter().map(bin).collect()
}

fn place(index: usize) -> Place {
    Place::file("train \"<b>\" & 'co'.jsonl".to_owned()).at_line(index as u64)
}

fn text(index: usize) -> Option<String> {
    let words = [" the", " answer", "\\frac", " is", "漢字", "\n"];
    Some(HOSTILE.get(index).copied().unwrap_or(words[index % words.len()]).to_owned())
}

fn largest(all: &[Sequence]) -> Vec<LargestToken> {
    let places =
        all.iter().enumerate().flat_map(|(line, sequence)| sequence.iter().enumerate().map(move |at| (line, at)));
    let mut tokens: Vec<_> = places.collect();
    tokens.sort_by(|(_, (_, a)), (_, (_, b))| b.d.abs().total_cmp(&a.d.abs()));
    tokens.truncate(1000);
    let token = |(index, (line, (position, token))): (usize, (usize, (usize, &Token)))| LargestToken {
        log_ratio: token.d,
        log_prob: token.log_prob,
        log_ref: token.log_prob - token.d,
        position: position as u64,
        text: text(index),
        step: Some(Step::Number(0)),
        name: None,
        place: place(line).at_token(position),
    };
    tokens.into_iter().enumerate().map(token).collect()
}

fn worst(all: &[Sequence]) -> Vec<WorstSequence> {
    let sequence = |(line, sequence): (usize, &Sequence)| WorstSequence {
        sums: [0, 1, 2].map(|which| sequence.iter().map(|token| k([token.d, 1.0])[which]).sum()),
        step: Some(Step::Number(0)),
        name: (line == 1).then(|| HOSTILE[0].to_owned()),
        place: place(line),
        tokens: (0..)
            .zip(sequence)
            .map(|(at, t)| SequenceToken { log_ratio: t.d, text: text(at).filter(|_| line != 2) })
            .collect(),
        length: sequence.len() as u64,
    };
    let mut worst: Vec<WorstSequence> = all.iter().enumerate().map(sequence).collect();
    worst.sort_by(|a, b| b.sums[2].total_cmp(&a.sums[2]));
    worst.truncate(10);
    worst
}

fn problems() -> Vec<Problem> {
    let problem = |kind, text: String, count| Problem { kind, text, count, first: Some(place(3).at_token(1)) };
    vec![
        problem(Kind::Positive, "A log-probability is positive; the token is left out.".to_owned(), 12),
        problem(Kind::Rounded, format!("The column {} was stored in 16 bits.", HOSTILE[0]), 1),
    ]
}

fn remarks() -> Vec<Remark> {
    let remark = |kind, text: &str, count| Remark { kind, text: text.to_owned(), count, first: None };
    vec![
        remark(RemarkKind::HeavyTail, "The Pareto index of r is 0.83: the mean of k3 is not to be trusted.", 1),
        remark(RemarkKind::FewTokens, "3 tokens carry 37 % of the sum of k3.", 3),
    ]
}
