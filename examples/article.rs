//! The article's program on libtorch, line for line and in its order, to lay beside its Python.
//!
//! Only tch is used. What Python takes from torch.distributions, numpy, pandas and tabulate stands at the end. The violins
//! are left out; `klgrad reproduce` draws them. `cargo run --release --example article` prints what the article prints, in
//! some ten seconds; where other programs use the cores too, sooner with `OMP_NUM_THREADS=1` before it.
//!
//! Source: Xiaobo Yang, <https://xiaobo-yang.github.io/posts/kl_grad/> (2025).

use tch::{Device, Kind, Tensor};

// Define parameters for two normal distributions
fn setup_distributions() -> (Normal, Normal, Tensor, Tensor) {
    let (mu_theta, sigma_theta, mu_ref, sigma_ref) = (0.0_f32, 1.0_f32, 1.0_f32, 1.1_f32);
    // Create trainable parameters
    let mu_theta_param = Tensor::from(mu_theta).set_requires_grad(true);
    let sigma_theta_param = Tensor::from(sigma_theta).set_requires_grad(true);
    // Reference distribution parameters (fixed)
    let mu_ref_param = Tensor::from(mu_ref);
    let sigma_ref_param = Tensor::from(sigma_ref);
    // Create distributions
    let pi_theta = Normal { loc: mu_theta_param.shallow_clone(), scale: sigma_theta_param.shallow_clone() };
    let pi_ref = Normal { loc: mu_ref_param, scale: sigma_ref_param };
    (pi_theta, pi_ref, mu_theta_param, sigma_theta_param)
}

// Calculate the true KL divergence (analytical solution for normal distributions)
fn true_kl_divergence(pi_theta: &Normal, pi_ref: &Normal) -> (Tensor, Tensor) {
    let mu_theta = &pi_theta.loc;
    let sigma_theta = &pi_theta.scale;
    let mu_ref = &pi_ref.loc;
    let sigma_ref = &pi_ref.scale;
    let kl = (sigma_ref / sigma_theta).log()
        + (squared(sigma_theta) + squared(&(mu_theta - mu_ref))) / (2 * squared(sigma_ref))
        - 0.5;
    let rkl = (sigma_theta / sigma_ref).log()
        + (squared(sigma_ref) + squared(&(mu_ref - mu_theta))) / (2 * squared(sigma_theta))
        - 0.5;
    (kl, rkl)
}

// Three different KL divergence estimates
fn k1_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    pi_theta.log_prob(x) - pi_ref.log_prob(x)
}

fn k2_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    0.5 * squared(&(pi_theta.log_prob(x) - pi_ref.log_prob(x)))
}

fn k3_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    &ratio - 1 - ratio.log()
}

// Two different reverse KL divergence estimates
fn reverse_k1_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    ratio * (pi_ref.log_prob(x) - pi_theta.log_prob(x))
}

fn reverse_k2_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp()
}

#[derive(Default)]
pub struct Results {
    pub true_grad_mu: f64,
    pub true_grad_sigma: f64,
    pub k1_grads_mu: Vec<f64>,
    pub k1_grads_sigma: Vec<f64>,
    pub k2_grads_mu: Vec<f64>,
    pub k2_grads_sigma: Vec<f64>,
    pub k3_grads_mu: Vec<f64>,
    pub k3_grads_sigma: Vec<f64>,
    pub true_reverse_grad_mu: f64,
    pub true_reverse_grad_sigma: f64,
    pub reverse_k1_grads_mu: Vec<f64>,
    pub reverse_k1_grads_sigma: Vec<f64>,
    pub reverse_k2_grads_mu: Vec<f64>,
    pub reverse_k2_grads_sigma: Vec<f64>,
}

// Sample and compute gradients
pub fn estimate_gradients(sample_size: i64, num_trials: usize) -> Results {
    let (pi_theta, pi_ref, mu_param, sigma_param) = setup_distributions();
    let mut results = Results::default();
    // Compute the gradient of the true and reverse KL divergence
    let (true_kl, true_reverse_kl) = true_kl_divergence(&pi_theta, &pi_ref);
    true_kl.backward();
    results.true_grad_mu = item(&mu_param.grad());
    results.true_grad_sigma = item(&sigma_param.grad());
    let _ = mu_param.grad().zero_();
    let _ = sigma_param.grad().zero_();
    true_reverse_kl.backward();
    results.true_reverse_grad_mu = item(&mu_param.grad());
    results.true_reverse_grad_sigma = item(&sigma_param.grad());
    let _ = mu_param.grad().zero_();
    let _ = sigma_param.grad().zero_();
    for _ in 0..num_trials {
        let (pi_theta, pi_ref, mu_param, sigma_param) = setup_distributions();
        // Sample from the current policy
        let samples = pi_theta.sample(sample_size);
        // Get gradient of KL estimation
        let k1_values = k1_loss(&samples, &pi_theta, &pi_ref);
        let k1_mean = k1_values.mean(None);
        k1_mean.backward();
        results.k1_grads_mu.push(item(&mu_param.grad()));
        results.k1_grads_sigma.push(item(&sigma_param.grad()));
        let _ = mu_param.grad().zero_();
        let _ = sigma_param.grad().zero_();
        let k2_values = k2_loss(&samples, &pi_theta, &pi_ref);
        let k2_mean = k2_values.mean(None);
        k2_mean.backward();
        results.k2_grads_mu.push(item(&mu_param.grad()));
        results.k2_grads_sigma.push(item(&sigma_param.grad()));
        let _ = mu_param.grad().zero_();
        let _ = sigma_param.grad().zero_();
        let k3_values = k3_loss(&samples, &pi_theta, &pi_ref);
        let k3_mean = k3_values.mean(None);
        k3_mean.backward();
        results.k3_grads_mu.push(item(&mu_param.grad()));
        results.k3_grads_sigma.push(item(&sigma_param.grad()));
        let _ = mu_param.grad().zero_();
        let _ = sigma_param.grad().zero_();
        let reverse_k1_values = reverse_k1_loss(&samples, &pi_theta, &pi_ref);
        let reverse_k1_mean = reverse_k1_values.mean(None);
        reverse_k1_mean.backward();
        results.reverse_k1_grads_mu.push(item(&mu_param.grad()));
        results.reverse_k1_grads_sigma.push(item(&sigma_param.grad()));
        let _ = mu_param.grad().zero_();
        let _ = sigma_param.grad().zero_();
        let reverse_k2_values = reverse_k2_loss(&samples, &pi_theta, &pi_ref);
        let reverse_k2_mean = reverse_k2_values.mean(None);
        reverse_k2_mean.backward();
        results.reverse_k2_grads_mu.push(item(&mu_param.grad()));
        results.reverse_k2_grads_sigma.push(item(&sigma_param.grad()));
        let _ = mu_param.grad().zero_();
        let _ = sigma_param.grad().zero_();
    }
    results
}

fn create_nice_table(results: &Results) {
    let true_grad_mu = results.true_grad_mu;
    let true_grad_sigma = results.true_grad_sigma;
    let true_reverse_grad_mu = results.true_reverse_grad_mu;
    let true_reverse_grad_sigma = results.true_reverse_grad_sigma;
    let k1_bias_mu = (mean(&results.k1_grads_mu) - true_grad_mu).abs() / true_grad_mu.abs();
    let k2_bias_mu = (mean(&results.k2_grads_mu) - true_grad_mu).abs() / true_grad_mu.abs();
    let k3_bias_mu = (mean(&results.k3_grads_mu) - true_grad_mu).abs() / true_grad_mu.abs();
    let k1_std_mu = std(&results.k1_grads_mu) / true_grad_mu.abs();
    let k2_std_mu = std(&results.k2_grads_mu) / true_grad_mu.abs();
    let k3_std_mu = std(&results.k3_grads_mu) / true_grad_mu.abs();
    let k1_bias_sigma = (mean(&results.k1_grads_sigma) - true_grad_sigma).abs() / true_grad_sigma.abs();
    let k2_bias_sigma = (mean(&results.k2_grads_sigma) - true_grad_sigma).abs() / true_grad_sigma.abs();
    let k3_bias_sigma = (mean(&results.k3_grads_sigma) - true_grad_sigma).abs() / true_grad_sigma.abs();
    let k1_std_sigma = std(&results.k1_grads_sigma) / true_grad_sigma.abs();
    let k2_std_sigma = std(&results.k2_grads_sigma) / true_grad_sigma.abs();
    let k3_std_sigma = std(&results.k3_grads_sigma) / true_grad_sigma.abs();
    let reverse_k1_bias_mu =
        (mean(&results.reverse_k1_grads_mu) - true_reverse_grad_mu).abs() / true_reverse_grad_mu.abs();
    let reverse_k2_bias_mu =
        (mean(&results.reverse_k2_grads_mu) - true_reverse_grad_mu).abs() / true_reverse_grad_mu.abs();
    let reverse_k1_std_mu = std(&results.reverse_k1_grads_mu) / true_reverse_grad_mu.abs();
    let reverse_k2_std_mu = std(&results.reverse_k2_grads_mu) / true_reverse_grad_mu.abs();
    let reverse_k1_bias_sigma =
        (mean(&results.reverse_k1_grads_sigma) - true_reverse_grad_sigma).abs() / true_reverse_grad_sigma.abs();
    let reverse_k2_bias_sigma =
        (mean(&results.reverse_k2_grads_sigma) - true_reverse_grad_sigma).abs() / true_reverse_grad_sigma.abs();
    let reverse_k1_std_sigma = std(&results.reverse_k1_grads_sigma) / true_reverse_grad_sigma.abs();
    let reverse_k2_std_sigma = std(&results.reverse_k2_grads_sigma) / true_reverse_grad_sigma.abs();
    // Create table, its values rounded to 4 places
    let df_mu = [("k1", k1_bias_mu, k1_std_mu), ("k2", k2_bias_mu, k2_std_mu), ("k3", k3_bias_mu, k3_std_mu)];
    let df_reverse_mu =
        [("reverse_k1", reverse_k1_bias_mu, reverse_k1_std_mu), ("reverse_k2", reverse_k2_bias_mu, reverse_k2_std_mu)];
    let df_sigma =
        [("k1", k1_bias_sigma, k1_std_sigma), ("k2", k2_bias_sigma, k2_std_sigma), ("k3", k3_bias_sigma, k3_std_sigma)];
    let df_reverse_sigma = [
        ("reverse_k1", reverse_k1_bias_sigma, reverse_k1_std_sigma),
        ("reverse_k2", reverse_k2_bias_sigma, reverse_k2_std_sigma),
    ];
    // Print nice table
    println!("KL - Comparison of bias and standard deviation for mean parameter gradients:");
    println!("{}", tabulate(&df_mu));
    println!("\nKL - Comparison of bias and standard deviation for standard deviation parameter gradients:");
    println!("{}", tabulate(&df_sigma));
    println!("\nReverse KL - Comparison of bias and standard deviation for mean parameter gradients:");
    println!("{}", tabulate(&df_reverse_mu));
    println!("\nReverse KL - Comparison of bias and standard deviation for standard deviation parameter gradients:");
    println!("{}", tabulate(&df_reverse_sigma));
}

fn visualize_results(results: &Results) {
    // Print mean comparison
    println!("Average gradient value comparison (mean parameter):");
    println!("True KL gradient: {:.6}", results.true_grad_mu);
    println!("k1 average gradient: {:.6}", mean(&results.k1_grads_mu));
    println!("k2 average gradient: {:.6}", mean(&results.k2_grads_mu));
    println!("k3 average gradient: {:.6}", mean(&results.k3_grads_mu));
    println!("\nAverage gradient value comparison (standard deviation parameter):");
    println!("True KL gradient: {:.6}", results.true_grad_sigma);
    println!("k1 average gradient: {:.6}", mean(&results.k1_grads_sigma));
    println!("k2 average gradient: {:.6}", mean(&results.k2_grads_sigma));
    println!("k3 average gradient: {:.6}", mean(&results.k3_grads_sigma));
    println!("\nReverse KL - Average gradient value comparison (mean parameter):");
    println!("True Reverse KL gradient: {:.6}", results.true_reverse_grad_mu);
    println!("reverse_k1 average gradient: {:.6}", mean(&results.reverse_k1_grads_mu));
    println!("reverse_k2 average gradient: {:.6}", mean(&results.reverse_k2_grads_mu));
    println!("\nReverse KL - Average gradient value comparison (standard deviation parameter):");
    println!("True Reverse KL gradient: {:.6}", results.true_reverse_grad_sigma);
    println!("reverse_k1 average gradient: {:.6}", mean(&results.reverse_k1_grads_sigma));
    println!("reverse_k2 average gradient: {:.6}", mean(&results.reverse_k2_grads_sigma));
    // Add nice table output
    println!();
    create_nice_table(results);
}

fn main() {
    // Set random seed for reproducibility
    tch::manual_seed(42);
    let sample_size = 50_000;
    let num_trials = 1000;
    let results = estimate_gradients(sample_size, num_trials);
    visualize_results(&results);
}

/// torch.distributions.Normal, its operations in PyTorch's order.
struct Normal {
    loc: Tensor,
    scale: Tensor,
}

impl Normal {
    fn log_prob(&self, value: &Tensor) -> Tensor {
        let var = squared(&self.scale);
        let log_sqrt_two_pi = (2.0 * std::f64::consts::PI).sqrt().ln();
        -squared(&(value - &self.loc)) / (2 * var) - self.scale.log() - log_sqrt_two_pi
    }

    /// torch.normal, which is a standard normal times `scale` plus `loc`.
    fn sample(&self, sample_size: i64) -> Tensor {
        tch::no_grad(|| Tensor::randn([sample_size], (Kind::Float, Device::Cpu)) * &self.scale + &self.loc)
    }
}

/// x**2
fn squared(x: &Tensor) -> Tensor {
    x.pow_tensor_scalar(2)
}

/// x.item()
fn item(x: &Tensor) -> f64 {
    x.double_value(&[])
}

/// np.mean
fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// np.std
fn std(x: &[f64]) -> f64 {
    let mean_of_x = mean(x);
    mean(&x.iter().map(|x| (x - mean_of_x).powi(2)).collect::<Vec<_>>()).sqrt()
}

/// tabulate(df.round(4), headers='keys', tablefmt='fancy_grid') of a DataFrame with these two columns.
fn tabulate(df: &[(&str, f64, f64)]) -> String {
    let round = |x: f64| ((x * 1e4).round_ties_even() / 1e4).to_string();
    let bias = aligned(df.iter().map(|row| round(row.1)));
    let stdev = aligned(df.iter().map(|row| round(row.2)));
    let width = df.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let row = |name: &str, bias: &str, stdev: &str| format!("│ {name:width$} │ {bias:>11} │ {stdev:>12} │\n");
    let rule = |[left, middle, right, line]: [&str; 4]| {
        let lines = [width + 2, 13, 14].map(|width| line.repeat(width));
        format!("{left}{}{right}", lines.join(middle))
    };
    let rows: Vec<String> = df.iter().zip(bias.iter().zip(&stdev)).map(|(df, (b, s))| row(df.0, b, s)).collect();
    let head = rule(["╒", "╤", "╕", "═"]) + "\n" + &row("", "bias/true", "stdev/true") + &rule(["╞", "╪", "╡", "═"]);
    let between = rule(["├", "┼", "┤", "─"]) + "\n";
    head + "\n" + &rows.join(&between) + &rule(["╘", "╧", "╛", "═"])
}

/// The numbers with blanks behind them, so that their points stand below each other.
fn aligned(numbers: impl Iterator<Item = String>) -> Vec<String> {
    let numbers: Vec<String> = numbers.collect();
    let places = |number: &String| number.find('.').map_or(0, |point| number.len() - point);
    let most = numbers.iter().map(places).max().unwrap_or(0);
    numbers.iter().map(|number| format!("{number}{}", " ".repeat(most - places(number)))).collect()
}
