//! Where ascent from the reference comes to, followed step by step: for a coefficient that falls somewhere.

use super::answers::{Answers, normalised};
use super::solve::Solved;
use crate::explain::Penalty;
use std::iter::zip;

/// What becomes of a training that starts at the reference.
pub(super) enum Fate {
    /// It comes to rest.
    Rests(Solved),
    /// Answers are driven off, and the others are not left alone by that.
    RunsAway,
}

/// No logit moves by more in a step, so that the steps follow the path.
const LONGEST_STEP: f64 = 0.1;
const MOST_STEPS: usize = 20_000;
/// Beyond, what is solved for is rounding.
const MOST_TIME: f64 = 1e15;
/// A probability of an answer that is given up.
const NEXT_TO_NONE: f64 = 1e-13;
/// The log-ratio of an answer that is driven off without an end.
const LOST: f64 = -60.0;
/// How level the pushes are at rest, as a part of what they are made of: far more than rounding.
const LEVEL: f64 = 1e-11;

/// Follows the path of small steps of gradient ascent, d theta / dt = pi (u - mean of u), from the reference on; u = R / beta - c(D)
/// but for a constant. None where it comes to no rest in 20,000 steps.
///
/// # Formula
/// A step solves (1 - h J) x = h pi (u - mean of u), linearly implicit, so that its length h grows as the policy nears its
/// rest. With a = pi (u - mean of u - c'), the Jacobian J of the right side is diag(a) - a pi' - pi v', where
/// v = pi (u - mean of u - c' + mean of c'). Of a the part below 0 counts: what grows, grows by explicit steps.
pub(super) fn from_reference(answers: &Answers, penalty: &Penalty, beta: f64) -> Option<Fate> {
    let gaps = answers.gaps(penalty, beta);
    let mut place = Place { log_probs: answers.log_ref.clone(), is_left: vec![true; gaps.len()] };
    let mut time = 1.0;
    for _ in 0..MOST_STEPS {
        let pushes = Pushes::at(&place, answers, penalty, &gaps);
        if pushes.drive_off() {
            return Some(Fate::RunsAway);
        }
        pushes.give_up(&mut place, penalty, &gaps);
        if pushes.are_level(&place, &gaps) {
            return Some(Fate::Rests(place.solved(answers, penalty, &gaps)));
        }
        let (step, taken) = pushes.short_step(time)?;
        place.move_by(&step);
        time = (1.5 * taken).min(MOST_TIME);
    }
    None
}

struct Place {
    log_probs: Vec<f64>,
    /// Of each answer, whether it is not given up.
    is_left: Vec<bool>,
}

impl Place {
    fn move_by(&mut self, step: &[f64]) {
        zip(&mut self.log_probs, step).for_each(|(log, x)| *log += x);
        let log_sum = self.log_probs.iter().map(|log| log.exp()).sum::<f64>().ln();
        self.log_probs.iter_mut().for_each(|log| *log -= log_sum);
    }

    fn log_ratios(&self, answers: &Answers) -> Vec<f64> {
        zip(&self.log_probs, &answers.log_ref).map(|(log, log_ref)| log - log_ref).collect()
    }

    fn solved(&self, answers: &Answers, penalty: &Penalty, gaps: &[f64]) -> Solved {
        let left = |(d, is_left): (f64, &bool)| if *is_left { d } else { f64::NEG_INFINITY };
        let log_ratios = zip(self.log_ratios(answers), &self.is_left).map(left).collect();
        let log_ratios = normalised(&answers.log_ref, log_ratios);
        let most = (0..gaps.len()).max_by(|&a, &b| self.log_probs[a].total_cmp(&self.log_probs[b]));
        let most = most.expect("there is an answer");
        let best = penalty.value(log_ratios[most]) + gaps[most];
        Solved { asked: gaps.iter().map(|gap| best - gap).collect(), log_ratios, free: Vec::new() }
    }
}

struct Pushes {
    log_ratios: Vec<f64>,
    probabilities: Vec<f64>,
    coefficients: Vec<f64>,
    slopes: Vec<f64>,
    /// u less its mean.
    pushes: Vec<f64>,
    mean: f64,
}

impl Pushes {
    fn at(place: &Place, answers: &Answers, penalty: &Penalty, gaps: &[f64]) -> Self {
        let d = place.log_ratios(answers);
        let beside = |side: f64| d.iter().map(move |d| d + side * (1.0 + d.abs()));
        let seen = penalty.at(&d.iter().copied().chain(beside(-BESIDE)).chain(beside(BESIDE)).collect::<Vec<f64>>());
        let (coefficients, beside) = seen.split_at(d.len());
        let (below, above) = beside.split_at(d.len());
        let slope = |((below, above), d): ((&f64, &f64), &f64)| (above - below) / (2.0 * BESIDE * (1.0 + d.abs()));
        let probabilities: Vec<f64> = place.log_probs.iter().map(|log| log.exp()).collect();
        let u: Vec<f64> = zip(gaps, coefficients).map(|(gap, c)| -gap - c).collect();
        let mean = zip(&probabilities, &u).map(|(p, u)| p * u).sum();
        Self {
            pushes: u.iter().map(|u| u - mean).collect(),
            slopes: zip(zip(below, above), &d).map(slope).collect(),
            coefficients: coefficients.to_vec(),
            log_ratios: d,
            probabilities,
            mean,
        }
    }

    /// Whether an answer that has next to no probability still has a say.
    fn drive_off(&self) -> bool {
        let largest = self.pushes.iter().zip(&self.probabilities).map(|(push, p)| p * push.abs()).fold(0.0, f64::max);
        let is_lost = |(d, (c, p)): (&f64, (&f64, &f64))| *d < LOST && (c.is_nan() || p * c.abs() > 1e-6 * largest);
        !self.mean.is_finite() || zip(&self.log_ratios, zip(&self.coefficients, &self.probabilities)).any(is_lost)
    }

    /// Marks the answers that go to probability 0.
    fn give_up(&self, place: &mut Place, penalty: &Penalty, gaps: &[f64]) {
        let at_0 = gaps.iter().map(|gap| -gap - penalty.least() - self.mean);
        let given_up = zip(zip(&self.probabilities, &self.pushes), at_0);
        for (is_left, ((p, push), at_0)) in zip(&mut place.is_left, given_up) {
            *is_left = !(*p < NEXT_TO_NONE && *push < 0.0 && at_0 < 0.0);
        }
    }

    fn are_level(&self, place: &Place, gaps: &[f64]) -> bool {
        let sizes = zip(gaps, &self.coefficients).map(|(gap, c)| gap + c.abs() + self.mean.abs());
        zip(zip(&self.pushes, sizes), &place.is_left)
            .all(|((push, size), is_left)| !is_left || push.abs() <= LEVEL * size)
    }

    /// A step of at most this time that is short and leads upwards, and its time; none where c is not a number beside a policy.
    fn short_step(&self, mut time: f64) -> Option<(Vec<f64>, f64)> {
        while time > f64::MIN_POSITIVE {
            let step = self.step(time);
            let longest = step.iter().fold(0.0_f64, |longest, x| longest.max(x.abs()));
            match longest <= LONGEST_STEP {
                true if self.rise_along(&step) => return Some((step, time)),
                true => time /= 2.0,
                false => time *= (0.9 * LONGEST_STEP / longest).max(0.1),
            }
        }
        None
    }

    /// Whether what is maximised does not fall along a step.
    fn rise_along(&self, step: &[f64]) -> bool {
        zip(&self.probabilities, zip(&self.pushes, step)).map(|(p, (push, x))| p * push * x).sum::<f64>() >= 0.0
    }

    fn step(&self, time: f64) -> Vec<f64> {
        let Self { probabilities: pi, slopes, pushes, .. } = self;
        let mean_slope: f64 = zip(pi, slopes).map(|(p, slope)| p * slope).sum();
        let a: Vec<f64> =
            zip(pi, zip(pushes, slopes)).map(|(p, (push, slope))| (p * (push - slope)).min(0.0)).collect();
        let v: Vec<f64> =
            zip(pi, zip(pushes, slopes)).map(|(p, (push, slope))| p * (push - slope + mean_slope)).collect();
        let over = |numbers: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            zip(numbers, &a).map(|(number, a)| time * number / (1.0 - time * a)).collect()
        };
        let b = over(&mut zip(pi, pushes).map(|(p, push)| p * push));
        let columns = [over(&mut a.iter().copied()), over(&mut pi.iter().copied())];
        let dot = |x: &[f64], y: &[f64]| zip(x, y).map(|(x, y)| x * y).sum::<f64>();
        // The inverse of diagonal and two columns, by Woodbury's formula.
        let [[p, q], [r, s]] = [pi, &v].map(|row| [dot(row, &columns[0]), dot(row, &columns[1])]);
        let [x, y] = [pi, &v].map(|row| dot(row, &b));
        let determinant = (1.0 + p) * (1.0 + s) - q * r;
        let weights = [((1.0 + s) * x - q * y) / determinant, ((1.0 + p) * y - r * x) / determinant];
        zip(b, zip(&columns[0], &columns[1])).map(|(b, (a, p))| b - weights[0] * a - weights[1] * p).collect()
    }
}

/// How far beside D c is seen for its slope: the root of a rounding, about.
const BESIDE: f64 = 1e-7;
