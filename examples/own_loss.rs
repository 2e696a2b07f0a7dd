//! A loss of your own, held against k3 without drawing a sample: does a clamp change what it follows, and is it less noisy?
//!
//!     cargo run --release --example own_loss -- 'clamp(k3, -1, 1)'

use anyhow::{Context, Result};
use klgrad::estimator::{Divergence, Estimator, Parameter};
use klgrad::experiment::Distributions;
use klgrad::theory::{self, Row};

fn main() -> Result<()> {
    let expression = std::env::args().nth(1).unwrap_or_else(|| "clamp(k3, -1, 1)".to_owned());
    let estimators = [Estimator::named("k3").context("k3 is in the table")?, format!("own = {expression}").parse()?];

    println!("With respect to the mean, for one sample; bias relative to the gradient of KL(theta||ref).\n");
    println!("{:>10}  {:<6}  {:>12}  {:>10}  {:>14}", "KL in nats", "loss", "gradient", "bias", "stdev");
    for gap in [0.1, 0.3, 1.0, 2.0] {
        let problem = Distributions { mu_ref: gap, sigma_ref: 1.0, ..Distributions::default() }.problem()?;
        let kl = theory::kl(Divergence::Forward, &problem);
        for row in theory::rows(&estimators, &problem, 1).iter().filter(|row| row.parameter == Parameter::Mu) {
            print_row(kl, row);
        }
    }
    Ok(())
}

fn print_row(kl: f64, row: &Row) {
    let bias = row.relative_bias.map_or("undefined".to_owned(), |bias| format!("{bias:.4}"));
    println!(
        "{kl:>10.3}  {:<6}  {:>12.5}  {bias:>10}  {:>14.4}",
        row.estimator, row.expected_gradient, row.stdev_one_sample
    );
}
