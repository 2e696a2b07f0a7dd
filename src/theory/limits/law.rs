use super::super::existence::Existence;
use super::super::moment::Moment;
use super::super::panels::{edges, gaussian, in_order};
use super::super::quadrature::{degree, moments};
use super::super::support::{Support, score};
use super::sample::Sample;
use crate::estimator::Parameter;
use crate::estimator::expr::Expr;
use crate::policy::{Logs, Problem};

/// The law of one sample's gradient c s.
#[derive(Clone, Debug)]
pub struct Law {
    loss: Expr,
    parameter: Parameter,
    logs: Logs,
    /// The panels between these follow c s to its fourth power.
    edges: Vec<f64>,
    /// Of sigma c s.
    mean: f64,
    stdev: f64,
    kurtosis: Option<f64>,
}

impl Law {
    /// For the policy's mean and standard deviation; none where c s has no variance, or one beyond 64-bit floats.
    pub fn of(problem: &Problem, loss: &Expr) -> [Option<Self>; 2] {
        let (logs, shape, sigma) = (problem.logs(), loss.shape(), problem.policy.sigma());
        let edges = edges(std::slice::from_ref(&shape), 4, &logs);
        let support = Support::new(&edges, &logs);
        let weighted = support.coefficients(std::slice::from_ref(loss)).remove(0);
        let existence = Existence::of(loss, &shape, &edges, &logs);
        let [of_mu, of_sigma] = moments(problem, std::slice::from_ref(loss))[0];
        [(Parameter::Mu, of_mu), (Parameter::Sigma, of_sigma)].map(|(parameter, moments)| {
            let mean = moments.mean.finite()? * sigma;
            let stdev = moments.variance.finite()?.sqrt() * sigma;
            let exists = existence.integral(degree(parameter), 4.0);
            let kurtosis = exists
                .moment(|| Moment::of(fourth_moment(&support, &weighted.by_root, parameter, mean, stdev)))
                .finite();
            Some(Self { loss: loss.clone(), parameter, logs, edges: edges.clone(), mean, stdev, kurtosis })
        })
    }

    /// The fourth moment of the standardised gradient; none where it does not exist or is beyond 64-bit floats.
    pub fn kurtosis(&self) -> Option<f64> {
        self.kurtosis
    }

    pub(super) fn is_constant(&self) -> bool {
        self.stdev == 0.0
    }

    /// The standardised gradient of the samples whose standard scores under the policy that draws are within this.
    pub(super) fn within(&self, reach: f64) -> Sample {
        let (middle, unit) = gaussian(&self.logs.density()).expect("a policy has a density");
        let [low, high] = [middle - reach * unit, middle + reach * unit];
        // What grows exponentially is largest at the ends.
        let ends = (0..8).map(|power| reach * unit * 2f64.powi(-power)).flat_map(|near| [low + near, high - near]);
        let inside = self.edges.iter().copied().filter(|&edge| low < edge && edge < high);
        let support = Support::new(&in_order(inside.chain(ends).chain([low, high]).collect()), &self.logs);
        let weighted = support.coefficients(std::slice::from_ref(&self.loss)).remove(0);
        let nodes = support.z.iter().zip(&support.log_weight).zip(&weighted.by_root);
        Sample::new(nodes.map(|((&z, log_weight), by_root)| {
            let coefficient = by_root / (log_weight / 2.0).exp();
            (log_weight.exp(), (coefficient * score(self.parameter, z) - self.mean) / self.stdev)
        }))
    }
}

/// E\[y^4\], in the fourth roots of its terms: a float's range is not that of its powers.
fn fourth_moment(support: &Support, by_root: &[f64], parameter: Parameter, mean: f64, stdev: f64) -> f64 {
    let nodes = support.z.iter().zip(&support.log_weight).zip(by_root).filter(|((_, log), _)| **log > -1400.0);
    let term = |((&z, log_weight), by_root): ((&f64, &f64), &f64)| {
        let quarter = (log_weight / 4.0).exp();
        ((by_root * score(parameter, z) / quarter - mean * quarter) / stdev).powi(4)
    };
    nodes.map(term).sum()
}
