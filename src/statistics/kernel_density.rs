//! Gaussian kernel density estimation.

use super::mean;

/// Bins in a bandwidth, where values are binned.
const BINS_PER_BANDWIDTH: f64 = 16.0;

/// A density and where its kernel came from.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelDensity {
    /// The kernel's standard deviation.
    pub bandwidth: f64,
    /// (x, density at x), from `cut` bandwidths below the least value to as many above the greatest.
    pub curve: Vec<(f64, f64)>,
}

/// The density of finite values at `points` places; none where they do not vary.
///
/// # Formula
/// f(x) = 1/(n h) sum phi((x - x_i) / h), phi the standard normal density, with Scott's bandwidth
/// h = s n^(-1/5), s the sample standard deviation (n - 1).
///
/// Many values are first shared out to the two nearest of equidistant bins, linearly, a sixteenth of h apart: that
/// widens the kernel's variance by at most a quarter of (h/16)^2, a thousandth.
pub fn kernel_density(values: &[f32], cut: f64, points: usize) -> Option<KernelDensity> {
    let finite = || values.iter().map(|&value| f64::from(value));
    let (least, greatest) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let count = values.len() as f64;
    let centre = mean(finite());
    let stdev = (finite().map(|x| (x - centre).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let bandwidth = stdev * count.powf(-0.2);
    if !(least < greatest && bandwidth > 0.0) {
        return None;
    }
    let weighted = weigh(values, least, greatest, bandwidth);
    let density = |x: f64| {
        let kernels = weighted.iter().map(|&(at, weight)| weight * (-0.5 * ((x - at) / bandwidth).powi(2)).exp());
        kernels.sum::<f64>() / (count * bandwidth * (2.0 * std::f64::consts::PI).sqrt())
    };
    let (start, end) = (least - cut * bandwidth, greatest + cut * bandwidth);
    let place = |index| start + (end - start) * index as f64 / (points - 1) as f64;
    Some(KernelDensity { bandwidth, curve: (0..points).map(place).map(|x| (x, density(x))).collect() })
}

/// Places and how many values each stands for: the values themselves, or bins where those are fewer.
fn weigh(values: &[f32], least: f64, greatest: f64, bandwidth: f64) -> Vec<(f64, f64)> {
    let bins = (BINS_PER_BANDWIDTH * (greatest - least) / bandwidth).ceil();
    if bins + 1.0 >= values.len() as f64 {
        return values.iter().map(|&value| (value.into(), 1.0)).collect();
    }
    let width = (greatest - least) / bins;
    let mut weights = vec![0.0; bins as usize + 1];
    for &value in values {
        let position = (f64::from(value) - least) / width;
        let below = (position as usize).min(weights.len() - 2);
        let share = position - below as f64;
        weights[below] += 1.0 - share;
        weights[below + 1] += share;
    }
    weights.into_iter().enumerate().map(|(bin, weight)| (least + bin as f64 * width, weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `scipy.stats.gaussian_kde([1, 2, 4, 8])` at 1, 4 and 8.
    #[test]
    fn the_density_is_that_of_scipy() {
        let density = kernel_density(&[1.0, 2.0, 4.0, 8.0], 0.0, 15).unwrap();
        let scipy = [(0, 1.0, 0.10059588384273088), (6, 4.0, 0.10077747872105833), (14, 8.0, 0.05456006305246468)];
        for (index, x, expected) in scipy {
            let (at, value) = density.curve[index];
            assert_eq!(at, x);
            assert!((value / expected - 1.0).abs() < 1e-12, "at {x}: {value}, scipy has {expected}");
        }
    }

    #[test]
    fn binning_changes_the_density_by_less_than_a_thousandth_of_its_peak() {
        let values: Vec<f32> = (0..20_000).map(|i| ((i as f32 + 0.5) * 0.618_034).fract().powi(2)).collect();
        let density = kernel_density(&values, 2.0, 50).unwrap();
        let peak = density.curve.iter().map(|point| point.1).fold(0.0, f64::max);
        let direct = |x: f64| {
            let kernel = |&v: &f32| (-0.5 * ((x - f64::from(v)) / density.bandwidth).powi(2)).exp();
            values.iter().map(kernel).sum::<f64>()
                / (values.len() as f64 * density.bandwidth * (2.0 * std::f64::consts::PI).sqrt())
        };
        for (x, value) in density.curve {
            assert!((value - direct(x)).abs() < 1e-3 * peak);
        }
    }

    #[test]
    fn what_does_not_vary_has_no_density() {
        assert_eq!(kernel_density(&[], 2.0, 10), None);
        assert_eq!(kernel_density(&[1.0], 2.0, 10), None);
        assert_eq!(kernel_density(&[1.0, 1.0, 1.0], 2.0, 10), None);
    }
}
