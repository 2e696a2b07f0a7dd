//! Whose gradient losses have over sequences: that of the whole, that of each token, or neither.

use klgrad::catalogue::{Query, listed};
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Row, Table};
use klgrad::theory::softmax::Level;

fn level(loss: &str) -> String {
    Level::of(&Expr::parse_loss(loss, &Table).unwrap()).to_string()
}

/// By hand.
fn expected(name: &str) -> &'static str {
    match name {
        // The mean of the score is 0: they follow nothing, of which there are no two levels.
        "k1" | "k1_clamped" => "neither",
        // What comes later is in the coefficient of each token, or the whole sequence is.
        "k1_to_go" | "k1_whole" | "k2_sequence" | "rho_sequence_k1_to_go" | "kl_full_to_go" => "sequence",
        // The sum of k3 over tokens is no k3 of the sequence: r of the whole is a product.
        "k3_to_go" => "neither",
        // The mean of k3 over tokens comes into each coefficient.
        "rho_mean_k3" => "neither",
        // A coefficient of the token's own D.
        _ => "token",
    }
}

#[test]
fn every_row_of_the_tables_has_the_level_of_its_coefficient() {
    for row in Row::all() {
        assert_eq!(level(row.expression), expected(row.name), "{}", row.name);
    }
}

#[test]
fn losses_of_other_forms_have_the_level_of_theirs() {
    for (loss, expected) in [
        // k3 of the whole sequence has the coefficient 1 - r of the whole.
        ("expm1(-sum(D)) + sum(D)", "sequence"),
        ("sg(sum(D)) * logp - 5 * logp", "sequence"),
        // Half the local gradient in the loss, half in the reward.
        ("k2 / 2 + sg(D) * logp / 2", "token"),
        // Later tokens, without this one: the sequence's gradient less the local one.
        ("sg(after(D) - D) * logp", "neither"),
        ("sg(after(D) + D) * logp", "neither"),
        // Divided by a length that is not the same for all.
        ("mean(k2)", "neither"),
        ("full(D) + sg(after(D) - D) * logp", "sequence"),
        ("after(k2)", "neither"),
        // The entropy of the next token, and that of the sequence.
        ("logp^2 / 2", "token"),
        ("sum(logp)^2 / 2", "sequence"),
        // Against the policy that draws there is no divergence of the reference.
        ("(logp - old)^2 / 2", "neither"),
    ] {
        assert_eq!(level(loss), expected, "{loss}");
    }
}

#[test]
fn terms_of_frameworks_have_the_level_of_their_placement() {
    for (query, expected) in [
        // In the loss, token by token.
        ("trl:GRPOConfig.use_bias_correction_kl=False", "token"),
        ("verl:kl_loss_type=mse", "token"),
        ("verl:kl_loss_type=kl", "neither"),
        // In the reward, with the return from each token on, or one return for the whole.
        ("verl:algorithm.kl_penalty=kl", "sequence"),
        ("verl:algorithm.kl_penalty=low_var_kl", "neither"),
        ("trl:RLOOConfig.beta=0.05", "sequence"),
        // Without the later rewards.
        ("tinker-cookbook:distillation.train_on_policy.Config.kl_discount_factor=0.0", "token"),
        ("tinker-cookbook:distillation.train_on_policy.Config.kl_discount_factor=1.0", "sequence"),
        // k3 of the log-ratio of the whole completion.
        ("torchtune:GRPOCompletionLoss.kl_coeff=0.1", "sequence"),
    ] {
        let found = query.parse::<Query>().unwrap().find().unwrap_or_else(|unknown| panic!("{unknown}"));
        let levels: Vec<String> = listed(found).iter().map(|listed| listed.level.to_string()).collect();
        assert_eq!(levels, [expected], "{query}");
    }
}
