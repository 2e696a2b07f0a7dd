use super::nodes::{Node, Nodes};

/// Expectations of ratios of sums over n samples; S the sum of s, A that of a, W that of w, and R = A S / W.
///
/// # Formula
/// 1 / W is the integral of exp(-t W) over t > 0, and 1 / W^2 that of t exp(-t W). Under exp(-t W) samples stay independent, so
/// that the expectation of a product of sums is one term for each way in which their indices may coincide. With E_t\[x\] =
/// E\[x exp(-t w)\] and phi = E_t\[1\],
///
/// E\[R\] = integral of n E_t\[a s\] phi^(n - 1) + n (n - 1) E_t\[a\] E_t\[s\] phi^(n - 2) dt,
///
/// and likewise with three and four sums. Over log t the trapezoidal rule is exact to 1e-13.
#[derive(Clone, Copy, Default)]
pub(super) struct Integrals {
    /// E\[R\].
    pub(super) ratio: f64,
    /// E\[sum (g - E\[g\]) R\].
    pub(super) covariance: f64,
    /// E\[R^2\].
    pub(super) square: f64,
    /// E\[A / W\], by how much the estimate of lambda is off on average, and E\[(A / W)^2\].
    pub(super) lambda: f64,
    pub(super) lambda_square: f64,
}

const STEP: f64 = 1.0 / 3.0;

impl Integrals {
    pub(super) fn new(nodes: &Nodes, n: f64) -> Self {
        let gradient = nodes.expectation(|node| node.gradient);
        let products: Vec<_> = nodes.nodes.iter().map(|node| (node.weight, products(node, gradient))).collect();
        // With t in units of 1 / E[W] the integrands are constant up to about 1, and fall from there on.
        let at = |step: i32| Self::at(&products, n, (STEP * f64::from(step)).exp() / n);
        let mut sums = Self::default();
        let mut small = 0;
        for step in -100.. {
            let terms = at(step);
            sums.add(&terms);
            // Or not a number.
            small = if terms.matter_beside(&sums) { 0 } else { small + 1 };
            if step > 0 && small >= 6 {
                return sums;
            }
        }
        sums
    }

    /// The terms of the integrals at t.
    fn at(products: &[(f64, [f64; COUNT])], n: f64, t: f64) -> Self {
        let mut expectations = [0.0; COUNT];
        for (weight, products) in products {
            let factor = (-t * weight).exp();
            expectations.iter_mut().zip(products).for_each(|(sum, product)| *sum += factor * product);
        }
        let [phi, a, s, g, as_, ga, gs, aa, ss, gas, aas, ass, aass] = expectations;
        // The ways to choose k of the n samples, in order, times phi for each of the others.
        let chosen = |k: i32| {
            let ways: f64 = (0..k).map(|index| n - f64::from(index)).product();
            if ways > 0.0 { ways * ((n - f64::from(k)) * phi.ln()).exp() } else { 0.0 }
        };
        let [one, two, three, four] = [1, 2, 3, 4].map(chosen);
        // dt = t d(log t).
        let (measure, of_square) = (STEP * t, STEP * t * t);
        Self {
            ratio: measure * (one * as_ + two * a * s),
            covariance: measure * (one * gas + two * (ga * s + gs * a + as_ * g) + three * g * a * s),
            square: of_square
                * (one * aass
                    + two * (2.0 * aas * s + 2.0 * ass * a + aa * ss + 2.0 * as_ * as_)
                    + three * (aa * s * s + ss * a * a + 4.0 * as_ * a * s)
                    + four * a * a * s * s),
            lambda: measure * one * a,
            lambda_square: of_square * (one * aa + two * a * a),
        }
    }

    fn fields(&mut self) -> [&mut f64; 5] {
        let Self { ratio, covariance, square, lambda, lambda_square } = self;
        [ratio, covariance, square, lambda, lambda_square]
    }

    fn add(&mut self, terms: &Self) {
        let mut terms = *terms;
        self.fields().into_iter().zip(terms.fields()).for_each(|(sum, term)| *sum += *term);
    }

    fn matter_beside(mut self, sums: &Self) -> bool {
        let mut sums = *sums;
        self.fields().into_iter().zip(sums.fields()).any(|(term, sum)| term.abs() > 1e-16 * sum.abs())
    }
}

const COUNT: usize = 13;

/// What E_t is asked of, times the sample's probability; g less its mean.
fn products(node: &Node, mean: f64) -> [f64; COUNT] {
    let (a, s, g) = (node.weighted, node.score, node.gradient - mean);
    let products = [1.0, a, s, g, a * s, g * a, g * s, a * a, s * s, g * a * s, a * a * s, a * s * s, a * a * s * s];
    products.map(|product| node.probability * product)
}
