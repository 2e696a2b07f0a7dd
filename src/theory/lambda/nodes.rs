use super::super::panels::{gaussian, in_order};
use super::super::support::{Support, score};
use crate::estimator::{Draw, Parameter, Weight, WeightedMean};
use crate::policy::Problem;

/// The samples that the policy may draw, as a quadrature.
pub(super) struct Nodes {
    pub(super) nodes: Vec<Node>,
    /// E\[w D^p\] / E\[w\].
    pub(super) lambda: f64,
}

/// A sample and its probability; the score times sigma.
pub(super) struct Node {
    pub(super) probability: f64,
    pub(super) log_ratio: f64,
    pub(super) score: f64,
    /// w / E\[w\].
    pub(super) weight: f64,
    /// w (D^p - lambda) / E\[w\].
    pub(super) weighted: f64,
    /// (D - lambda) s.
    pub(super) gradient: f64,
}

impl Nodes {
    pub(super) fn new(problem: &Problem, baseline: &WeightedMean, parameter: Parameter) -> Self {
        let logs = problem.logs();
        let support = Support::new(&edges(problem, least(baseline.weight, parameter)), &logs);
        let at = |(&z, &log_weight): (&f64, &f64)| {
            let [_, log_ratio, _] = logs.at(z);
            (log_weight.exp(), z, log_ratio, weight(baseline.weight, parameter, z))
        };
        let points: Vec<_> = support.z.iter().zip(&support.log_weight).map(at).collect();
        let power = |log_ratio: f64| log_ratio.powi(baseline.power_of_d as i32);
        let of_weight: f64 = points.iter().map(|(probability, _, _, weight)| probability * weight).sum();
        let of_power: f64 = points.iter().map(|(probability, _, d, weight)| probability * weight * power(*d)).sum();
        let lambda = of_power / of_weight;
        let node = |(probability, z, log_ratio, weight)| {
            let (score, weight) = (score(parameter, z), weight / of_weight);
            let weighted = weight * (power(log_ratio) - lambda);
            Node { probability, log_ratio, score, weight, weighted, gradient: (log_ratio - lambda) * score }
        };
        Self { nodes: points.into_iter().filter(|point| point.0 > 0.0).map(node).collect(), lambda }
    }

    /// Without a baseline's estimate.
    pub(super) fn plain(problem: &Problem, parameter: Parameter) -> Self {
        Self::new(problem, &WeightedMean { weight: Weight::One, power_of_d: 1, draw: Draw::Own }, parameter)
    }

    pub(super) fn expectation(&self, of: impl Fn(&Node) -> f64) -> f64 {
        self.nodes.iter().map(|node| node.probability * of(node)).sum()
    }

    pub(super) fn mean_and_variance(&self, of: impl Fn(&Node) -> f64) -> [f64; 2] {
        let mean = self.expectation(&of);
        [mean, self.expectation(|node| (of(node) - mean).powi(2))]
    }
}

fn weight(weight: Weight, parameter: Parameter, z: f64) -> f64 {
    let square = |parameter| score(parameter, z).powi(2);
    match weight {
        Weight::Component => square(parameter),
        Weight::Norm => square(Parameter::Mu) + square(Parameter::Sigma),
        Weight::One => 1.0,
    }
}

/// Where w is least, so that exp(-t w) is left there as t grows; and how near to them that matters: where w is 0, at ever
/// larger t.
fn least(weight: Weight, parameter: Parameter) -> (&'static [f64], f64) {
    match (weight, parameter) {
        (Weight::One, _) => (&[], 1.0),
        (Weight::Norm, _) => (&[-0.7, 0.7], 0.05),
        (Weight::Component, Parameter::Mu) => (&[0.0], 1e-7),
        (Weight::Component, Parameter::Sigma) => (&[-1.0, 1.0], 1e-7),
    }
}

/// Panels of two standard deviations of the policy that draws, and ever narrower ones towards some points.
fn edges(problem: &Problem, (points, nearest): (&[f64], f64)) -> Vec<f64> {
    const REACH: f64 = 14.0;
    let (middle, unit) = gaussian(&problem.logs().density()).expect("a policy has a density");
    let [low, high] = [middle - REACH * unit, middle + REACH * unit];
    let graded = |&point: &f64| {
        let farthest = (point - low).abs().max((point - high).abs());
        let distances = (0..).map(move |power| farthest * 3f64.powi(-power)).take_while(move |&near| near > nearest);
        distances.chain([0.0]).flat_map(move |distance| [point - distance, point + distance])
    };
    let even = (0..=REACH as u32).map(|step| middle + (f64::from(2 * step) - REACH) * unit);
    let inside = points.iter().flat_map(graded).filter(|&edge| low < edge && edge < high);
    in_order(inside.chain(even).collect())
}
