//! The sums over samples for any losses, in 64 bits: c times the unit score, c the coefficients that a tape gives.

use crate::estimator::expr::{Expr, Steps, Tape};
use crate::policy::{Logs, Problem};
use multiversion::multiversion;
use std::iter::zip;
use std::sync::{Mutex, PoisonError};

/// How many samples are evaluated at once: their numbers stay in the CPU's caches.
const BLOCK: usize = 256;

/// How many sums are taken side by side, in all blocks alike.
const LANES: usize = 8;

/// What is summed.
#[derive(Debug)]
pub struct TapeSums {
    /// For a thread to copy that finds none idle.
    fresh: Workspace,
    /// Those that no thread works with at the moment.
    idle: Mutex<Vec<Workspace>>,
}

/// What a thread works with.
#[derive(Clone, Debug)]
struct Workspace {
    problem: Problem,
    logs: Logs,
    /// Which of the three logs the losses have; the others stay 0.
    needed: [bool; 3],
    tape: Tape,
    block: Box<Block>,
    /// For each loss the sums with u and with u^2 - 1.
    sums: Vec<[[f64; LANES]; 2]>,
}

/// The numbers of a block of samples.
#[derive(Clone, Debug, PartialEq)]
struct Block {
    u: [f64; BLOCK],
    /// `logp`, `D` and `log(rho)`.
    logs: [[f64; BLOCK]; 3],
}

impl TapeSums {
    /// For these losses, with the distributions of a problem whose numbers are 32-bit floats.
    pub fn new(problem: &Problem, losses: &[Expr]) -> Self {
        let [log_prob, log_ratio, log_rho] = Expr::logs_in(losses);
        let fresh = Workspace {
            problem: *problem,
            logs: problem.logs(),
            needed: [log_prob, log_ratio, log_rho && !problem.is_on_policy()],
            tape: Tape::new(losses),
            block: Box::new(Block { u: [0.0; BLOCK], logs: [[0.0; BLOCK]; 3] }),
            sums: vec![[[0.0; LANES]; 2]; losses.len()],
        };
        Self { fresh, idle: Mutex::new(Vec::new()) }
    }

    /// For each loss the sums of c u and c (u^2 - 1) over the samples that these standard normal variates make.
    pub fn over(&self, normals: &[f32]) -> Vec<[f64; 2]> {
        // A workspace has nothing that a panic could leave undone: every use begins anew.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let workspace = idle().pop();
        let mut workspace = workspace.unwrap_or_else(|| self.fresh.clone());
        let sums = workspace.over(normals);
        idle().push(workspace);
        sums
    }
}

impl Workspace {
    fn over(&mut self, normals: &[f32]) -> Vec<[f64; 2]> {
        let Self { problem, logs, needed, tape, block, sums } = self;
        sums.fill([[0.0; LANES]; 2]);
        for normals in normals.chunks(BLOCK) {
            describe(problem, logs, *needed, normals, block);
            let u = &block.u[..normals.len()];
            let [log_prob, log_ratio, log_rho] = block.logs.each_ref().map(|log| &log[..normals.len()]);
            let mut evaluated = tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho));
            for (loss, sums) in sums.iter_mut().enumerate() {
                add(sums, evaluated.coefficients(loss), u);
            }
        }
        sums.iter().map(|sums| sums.map(|lanes| lanes.iter().sum())).collect()
    }
}

/// Fills in the numbers of samples; as [`add`], compiled for the vectors of several CPUs, to the same bits.
#[multiversion(targets("x86_64+avx2+fma"))]
fn describe(problem: &Problem, logs: &Logs, needed: [bool; 3], normals: &[f32], block: &mut Block) {
    describe_inlined(problem, logs, needed, normals, block);
}

#[inline(always)]
fn describe_inlined(problem: &Problem, logs: &Logs, needed: [bool; 3], normals: &[f32], block: &mut Block) {
    let Problem { policy, behaviour, .. } = problem;
    let (mu, inverse_sigma) = (policy.mu(), 1.0 / policy.sigma());
    // The sample that libtorch makes of a variate, rounded twice as there.
    let [scale, shift] = [behaviour.sigma() as f32, behaviour.mu() as f32];
    for (u, normal) in zip(&mut block.u, normals) {
        *u = (f64::from(normal * scale + shift) - mu) * inverse_sigma;
    }
    let u = &block.u[..normals.len()];
    let [log_prob, log_ratio, log_rho] = &mut block.logs;
    if needed[0] {
        zip(log_prob, u).for_each(|(to, u)| *to = logs.at(*u)[0]);
    }
    if needed[1] {
        zip(log_ratio, u).for_each(|(to, u)| *to = logs.at(*u)[1]);
    }
    if needed[2] {
        zip(log_rho, u).for_each(|(to, u)| *to = logs.at(*u)[2]);
    }
}

/// Adds c u and c (u^2 - 1).
#[multiversion(targets("x86_64+avx2+fma"))]
fn add(sums: &mut [[f64; LANES]; 2], c: &[f64], u: &[f64]) {
    add_inlined(sums, c, u);
}

#[inline(always)]
fn add_inlined(sums: &mut [[f64; LANES]; 2], c: &[f64], u: &[f64]) {
    let ((groups_of_c, rest_of_c), (groups_of_u, rest_of_u)) = (c.as_chunks::<LANES>(), u.as_chunks::<LANES>());
    for (c, u) in zip(groups_of_c, groups_of_u) {
        add_group(sums, c, u);
    }
    add_group(sums, rest_of_c, rest_of_u);
}

#[inline(always)]
fn add_group([with_u, with_square]: &mut [[f64; LANES]; 2], c: &[f64], u: &[f64]) {
    for (lane, (c, u)) in zip(c, u).enumerate() {
        with_u[lane] += c * u;
        with_square[lane] += c * (u * u - 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruction_sets::each;
    use crate::policy::Normal;

    /// The numbers of a block, and what is added up of them.
    #[inline(always)]
    fn numbers((fresh, normals): (&Workspace, &[f32])) -> (Box<Block>, [[f64; LANES]; 2]) {
        let (mut block, mut sums) = (fresh.block.clone(), [[0.0; LANES]; 2]);
        describe_inlined(&fresh.problem, &fresh.logs, [true; 3], normals, &mut block);
        add_inlined(&mut sums, &block.logs[1][..normals.len()], &block.u[..normals.len()]);
        (block, sums)
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let normal = |mu, sigma| Normal::new(mu, sigma).expect("it is one");
        for reference in [normal(0.5, 1.5), normal(-3.0, 0.25)] {
            let problem = Problem { reference, behaviour: normal(0.25, 1.25), policy: normal(0.125, 0.75) };
            let fresh = TapeSums::new(&problem, &[Expr::log_ratio()]).fresh;
            for count in [0, 1, 7, 8, 9, 255, BLOCK] {
                let normals: Vec<f32> = (0..count).map(|index| 3.0 * (index as f32).sin()).collect();
                let (mut block, mut sums) = (fresh.block.clone(), [[0.0; LANES]; 2]);
                describe(&problem, &fresh.logs, [true; 3], &normals, &mut block);
                add(&mut sums, &block.logs[1][..count], &block.u[..count]);
                for (set, with_set) in each(numbers, (&fresh, &normals[..])) {
                    assert!(with_set == (block.clone(), sums), "{count} samples with {set}");
                }
            }
        }
    }
}
