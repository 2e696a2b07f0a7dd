//! The least value of a function.

/// The least value between two positive numbers of a function that falls and then rises, with the logarithm of its argument;
/// infinity, or what is not a number, counts as large, and may stand at the upper end only.
pub(super) fn value([low, high]: [f64; 2], function: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    // Where the least is flat, a place that is off by 1e-4 leaves the value off by 1e-8 of itself.
    const STEPS: usize = 24;
    let of = |log: f64| Some(function(log.exp())).filter(|value| !value.is_nan()).unwrap_or(f64::INFINITY);
    let (mut from, mut to) = (low.ln(), high.ln());
    let mut inner = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
    let mut values = inner.map(of);
    let mut least = values[0].min(values[1]);
    for _ in 0..STEPS {
        if values[0] <= values[1] {
            to = inner[1];
            inner = [to - GOLDEN * (to - from), inner[0]];
            values = [of(inner[0]), values[0]];
        } else {
            from = inner[0];
            inner = [inner[1], from + GOLDEN * (to - from)];
            values = [values[1], of(inner[1])];
        }
        least = least.min(values[0]).min(values[1]);
    }
    least
}
