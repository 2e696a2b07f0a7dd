//! libtorch differentiates the loss of an update as coefficients times scores do.

use super::super::{MadeReward, Objective, Reward, Settings, Training};
use crate::engine::Engine;
use crate::estimator::Estimator;
use crate::policy::Softmax;

/// Runs by both routes take the same draws; they differ by rounding, which 20 updates of rate 1 carry on: 1e-10 is ten thousand
/// times that of one sum.
#[test]
fn both_routes_train_alike() {
    let categorical = Softmax::categorical(vec![0.0, 0.5, -1.0, 1.0]).unwrap();
    let sequence = Softmax::sequence(vec![0.1, -0.2, 0.3, 0.0, 0.5, -0.5, 0.2, 0.2, 0.0], 3, 4).unwrap();
    for (policy, names) in [
        (categorical, &["k2", "k3", "k1_in_reward", "rho_k3", "k2_lambda", "k2_leave_one_out", "kl_full"][..]),
        (sequence, &["k2", "k1_to_go", "rho_sequence_k1_to_go", "kl_full_to_go"]),
    ] {
        let reward = Reward::made(MadeReward::Dense, &policy, 1).unwrap();
        let objective = Objective::new(policy.clone(), reward, 0.5).unwrap();
        let optimum = objective.optimum();
        for name in names {
            let estimator = Estimator::named(name).unwrap();
            let [score, autograd] = [Engine::Score, Engine::Autograd].map(|engine| {
                let settings = Settings { steps: 20, batch: 16, updates_per_batch: 4, engine, ..Settings::default() };
                Training::new(&objective, &optimum, &policy, settings).unwrap().run(&estimator, 3).policy
            });
            for (score, autograd) in score.logits().iter().zip(autograd.logits()) {
                assert!((score - autograd).abs() < 1e-10, "{name}: {score} {autograd}");
            }
        }
    }
}
