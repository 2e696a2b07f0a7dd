//! Where a divergence that grows from 0, about as the square of its argument, comes to a target.

/// How near the target the divergence has to come, as a part of it.
const PROMISED: f64 = 1e-9;
/// How near it comes where the rounding of the divergence allows it.
const SOUGHT: f64 = 1e-10;
/// By how much the argument grows in one step, at most.
const LARGEST_STEP: f64 = 8.0;
/// Beyond it nothing is left to grow but rounding errors.
const LARGEST_ARGUMENT: f64 = 1e7;
/// Some eight are needed.
const MOST_EVALUATIONS: usize = 100;
/// From here on every second step halves the bracket, whatever the secant says.
const PATIENCE: usize = 12;

/// The argument at which the divergence is the target, or the largest divergence that was found where none is.
///
/// # Formula
/// The secant of log divergence over log argument, whose slope is 2 at 0, kept within what is known of the root's place.
pub(super) fn root(target: f64, mut divergence: impl FnMut(f64) -> f64) -> Result<f64, f64> {
    let (mut below, mut above) = (0.0, f64::INFINITY);
    let (mut largest, mut best) = (0.0_f64, (f64::INFINITY, 0.0));
    let mut previous: Option<(f64, f64)> = None;
    let mut at = (2.0 * target).sqrt();
    for step in 0..MOST_EVALUATIONS {
        let value = divergence(at);
        let miss = (value / target - 1.0).abs();
        largest = largest.max(value);
        best = if miss < best.0 { (miss, at) } else { best };
        let is_flat = previous.is_some_and(|(_, before)| (value / before - 1.0).abs() < PROMISED);
        if value < target {
            below = at
        } else {
            above = at
        }
        if miss <= SOUGHT || above.is_infinite() && (is_flat || at > LARGEST_ARGUMENT) {
            break;
        }
        let next = secant(target, previous, (at, value));
        previous = Some((at, value));
        at = within(next, below, above, step > PATIENCE && step % 2 == 0);
    }
    if best.0 <= PROMISED { Ok(best.1) } else { Err(largest) }
}

/// Where the secant meets the target; not a number where it does not.
fn secant(target: f64, previous: Option<(f64, f64)>, (at, value): (f64, f64)) -> f64 {
    let slope = previous.map_or(2.0, |(x, y)| (value / y).ln() / (at / x).ln());
    if slope > 0.0 { at * ((target / value).ln() / slope).exp() } else { f64::NAN }
}

/// This argument, or another one where it is out of the bracket.
fn within(next: f64, below: f64, above: f64, halve: bool) -> f64 {
    match (below > 0.0, above.is_finite()) {
        (true, true) if halve || !(below < next && next < above) => (below * above).sqrt(),
        (true, true) => next,
        (true, false) if next > below => next.min(LARGEST_STEP * below),
        (true, false) => LARGEST_STEP * below,
        (false, _) if next < above => next.max(above / LARGEST_STEP),
        (false, _) => above / LARGEST_STEP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root, and how many evaluations it took.
    fn counted(target: f64, divergence: impl Fn(f64) -> f64) -> (Result<f64, f64>, usize) {
        let mut count = 0;
        let counting = |at| {
            count += 1;
            divergence(at)
        };
        (root(target, counting), count)
    }

    #[test]
    fn a_root_takes_few_evaluations() {
        // From a square to a bound of 3.
        let divergence = |at: f64| 3.0 * (-(-at * at / 7.0).exp_m1());
        for (target, most) in [(1e-10, 3), (1e-4, 4), (0.1, 5), (1.0, 7), (2.9, 12), (2.99999, 25)] {
            let (at, count) = counted(target, divergence);
            assert!((divergence(at.unwrap()) / target - 1.0).abs() < 1e-9);
            assert!(count <= most, "{count} for {target}");
        }
    }

    #[test]
    fn a_target_out_of_reach_is_answered_by_the_largest_divergence() {
        let (largest, count) = counted(4.0, |at| 3.0 * (-(-at * at / 7.0).exp_m1()));
        assert!((largest.unwrap_err() - 3.0).abs() < 1e-8);
        assert!(count < 12);
        // It grows to 2 and falls to 1.
        let (largest, _) = counted(4.0, |at| if at < 5.0 { at.min(2.0) } else { 1.0 });
        assert_eq!(largest, Err(2.0));
    }

    #[test]
    fn a_root_before_a_fall_and_one_behind_a_jump_are_found() {
        let hill = |at: f64| at * at * (-at).exp();
        let (at, _) = counted(0.5, hill);
        assert!((hill(at.unwrap()) - 0.5).abs() < 1e-9);
        let stairs = |at: f64| at * at * if at > 1.0 { 1e-6 } else { 1e-9 };
        let (at, _) = counted(1.0, stairs);
        assert!((stairs(at.unwrap()) - 1.0).abs() < 1e-9);
    }
}
