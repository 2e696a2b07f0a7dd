//! From sums to what an audit says.

use super::group::{self, LossSums, SamplerSums};
use super::loss::Loss;
use super::moments::{Moments, finite};
use super::place::Step;
use super::problem::problems;
use super::record::Role;
use super::remarks::remarks;
use super::result::{Audit, Estimate, Group, Kl, LossAudit, Sampler, Tail, Weighted};
use super::roles::Roles;
use super::spread::Spread;
use super::summary::{Settings, Summary};

impl Summary {
    /// What the sequences say; none where no token counts.
    pub fn audit(&self) -> Option<Audit> {
        let settings = &self.settings;
        let (policy, sampler) = (settings.roles.policy()?, settings.roles.sampler()?);
        let (sums, spread) = self.together();
        if sums.counts.tokens == 0 {
            return None;
        }
        let count = sums.counts.tokens;
        let all = Group { tail: self.tails.tail(count), ..of_group(None, &sums, Some(&spread), settings) };
        let of_step = |(step, sums)| of_group(Some(Step::clone(step)), sums, self.spreads.get(step), settings);
        let mut audit = Audit {
            columns: settings.columns.clone(),
            policy,
            sampler_role: sampler,
            all: if settings.roles.has(Role::Ref) { all } else { without_reference(all) },
            steps: self.steps.iter().filter(|(_, group)| group.counts.tokens > 0).map(of_step).collect(),
            remarks: Vec::new(),
            problems: problems(self, &sums),
            positions: self.positions.means(),
            log_ratios: spread.log_ratios.histogram().bins(),
            log_weights: self.log_weights.bins(),
            tokens: self.standing_out.tokens.clone().sorted(),
            worst: self.standing_out.sequences.clone().sorted(),
        };
        audit.remarks = remarks(&audit, &sums, &spread.k3, self);
        Some(audit)
    }

    /// The sums of all steps.
    fn together(&self) -> (group::Group, Spread) {
        let losses = self.settings.losses.len();
        let mut sums = self.sums.clone().unwrap_or_else(|| group::Group::new(losses));
        self.steps.values().for_each(|group| sums.merge(group));
        let mut spread = self.spread.clone().unwrap_or_else(|| Spread::new(losses));
        self.spreads.values().for_each(|of_step| spread.merge(of_step));
        (sums, spread)
    }
}

/// Of what D would be the log of, there is nothing.
fn without_reference(group: Group) -> Group {
    Group { tail: Tail { r: None, ..group.tail }, ..group }
}

fn of_group(step: Option<Step>, sums: &group::Group, spread: Option<&Spread>, settings: &Settings) -> Group {
    let (roles, count) = (settings.roles, sums.counts.tokens);
    let tail = spread.map_or(Tail::default(), |spread| spread.tail(count));
    let losses = settings.losses.iter().enumerate();
    Group {
        step,
        sequences: sums.counts.sequences,
        tokens: count,
        masked_out: sums.masked_out,
        kl: roles.has(Role::Ref).then(|| kl(sums, spread, roles)),
        sampler: roles.mismatch().map(|_| sampler(&sums.sampler, count, sums.counts.sequences)),
        tail: if roles.has(Role::Ref) { tail } else { Tail { r: None, ..tail } },
        losses: losses.map(|(place, loss)| of_loss(loss, place, sums, spread, roles)).collect(),
    }
}

fn kl(sums: &group::Group, spread: Option<&Spread>, roles: Roles) -> Kl {
    let estimates = |moments: &[Moments; 3]| moments.each_ref().map(|moments| moments.estimate(&sums.counts, 0));
    let [k1, k2, k3] = estimates(&sums.kl);
    let count = sums.counts.tokens;
    Kl {
        k1,
        k2,
        k3,
        max_abs: sums.max_abs,
        rounding_floor: rounding_floor(sums, roles),
        top_share: spread.and_then(|spread| spread.k3.share(count, sums.kl[2].total())),
        quantiles: spread.map_or_else(Vec::new, |spread| spread.log_ratios.quantiles(count)),
        weighted: (roles.sampler() != roles.policy()).then(|| {
            let [k1, k2, k3]: [Estimate; 3] = estimates(&sums.weighted);
            Weighted { k1, k2, k3 }
        }),
    }
}

/// The mean of k2, or k3, of log-ratios that are nothing but the rounding of the policy and of the reference.
///
/// # Formula
/// mean(D^2) / 2, in which D^2 has the sum of the variances that rounding has at both.
fn rounding_floor(sums: &group::Group, roles: Roles) -> f64 {
    let stored = roles.policy().into_iter().chain([Role::Ref]);
    let variance: f64 = stored.map(|role| sums.precision[role as usize].variance()).sum();
    variance / 2.0 / sums.counts.tokens as f64
}

fn sampler(sums: &SamplerSums, tokens: u64, sequences: u64) -> Sampler {
    let n = tokens as f64;
    let weights = sums.weights.value();
    Sampler {
        mean_abs: finite(sums.abs.value() / n),
        max_abs: sums.max_abs,
        k1: finite(-sums.logs.value() / n),
        k3: finite(sums.k3.value() / n),
        ess: finite(weights * weights / (n * sums.squares.value())),
        ess_sequence_mean: finite(sums.effective.value() / sequences as f64),
        beyond_narrow: sums.beyond_narrow as f64 / n,
        beyond_wide: sums.beyond_wide as f64 / n,
    }
}

/// # Formula
/// With the coefficient c of each of n tokens and that of KL itself, d, which is D or, where the loss sees sequences, the D of
/// this and the later tokens: distance is sqrt(mean((c - d)^2) - mean(c - d)^2) / rms(d), strength sum(c d) / sum(d^2), noise
/// rms(c) / rms(D).
fn of_loss(loss: &Loss, place: usize, sums: &group::Group, spread: Option<&Spread>, roles: Roles) -> LossAudit {
    let LossSums { dead, wrong_way, .. } = sums.losses[place];
    let of_loss = &sums.losses[place];
    let n = sums.counts.tokens as f64;
    let (squares, of_kl) = (of_loss.squares.value(), of_loss.squares_of_kl.value());
    // A coefficient that is the same for every D, such as that of k1, says nothing where no D is known.
    let rms = finite((squares / n).sqrt()).filter(|_| roles.has(Role::Ref));
    let variance = of_loss.squared_differences.value() / n - (of_loss.differences.value() / n).powi(2);
    let share = |count: u64| rms.map(|_| count as f64 / n);
    let values = if loss.expression.is_per_token() { n } else { sums.counts.sequences as f64 };
    LossAudit {
        name: loss.name.clone(),
        expression: loss.expression.to_string(),
        value: finite(of_loss.values.value() / values),
        rms,
        distance: finite(variance).and_then(|variance| finite((variance.max(0.0) / (of_kl / n)).sqrt())),
        strength: finite(of_loss.products.value() / of_kl),
        dead: share(dead),
        dead_share: rms.and_then(|_| dead_share(of_loss, sums)),
        wrong_way: share(wrong_way),
        top_share: spread
            .filter(|_| rms.is_some())
            .and_then(|spread| spread.losses[place].share(sums.counts.tokens, squares)),
        noise: finite((squares / (2.0 * sums.kl[1].total())).sqrt()),
    }
}

/// Where k3 is beyond floats at some tokens, all that is not at these is nothing to it.
fn dead_share(of_loss: &LossSums, sums: &group::Group) -> Option<f64> {
    match (sums.beyond[0], of_loss.dead_beyond) {
        (0, _) => finite(of_loss.dead_k3.value() / sums.kl[2].total()),
        (_, 0) => Some(0.0),
        (all, dead) => (dead == all).then_some(1.0),
    }
}
