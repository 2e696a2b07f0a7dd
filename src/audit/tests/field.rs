//! Samples that people have posted, with the numbers that are right for them.

use super::super::{Kind, RemarkKind, Role};
use super::{Sequence, audit, close, loss, summary};
use Role::{Old, Ref, Rollout};

/// The sample of RLLoggingBoard's README.
const POLICY: [f64; 12] = [
    -4.847491264343262,
    -1.052163004875183,
    -3.1773641109466553,
    -3.155355215072632,
    -3.759133815765381,
    -0.0032821616623550653,
    -4.711000442504883,
    -0.7994625568389893,
    -4.159769535064697,
    -1.7499101161956787,
    -0.0008301864145323634,
    -2.3007127310847864e-05,
];
const REFERENCE: [f64; 12] = [
    -4.84375,
    -1.0546875,
    -3.171875,
    -3.15625,
    -3.765625,
    -0.0032806396484375,
    -4.71875,
    -0.80078125,
    -4.15625,
    -1.75,
    -0.00083160400390625,
    -2.3245811462402344e-05,
];

#[test]
fn the_kl_of_a_reference_in_bf16_is_rounding() {
    let sample = audit(&[Sequence::new(&[(Old, &POLICY), (Ref, &REFERENCE)])]);
    let kl = sample.all.kl.as_ref().unwrap();
    close(kl.k1.mean, 5.265685543539e-4, 10);
    close(kl.k2.mean, 6.984432913e-6, 9);
    close(kl.k3.mean, 6.977558035e-6, 9);
    close(kl.max_abs, 7.7496e-3, 4);
    assert_eq!(kl.k1.standard_error, None, "of one sequence");
    close(kl.k1.per_sequence, 12.0 * 5.265685543539e-4, 10);
    let rounded = sample.problems.iter().find(|problem| problem.kind == Kind::Rounded).unwrap();
    assert!(rounded.text.contains("ref was stored in bf16"), "{}", rounded.text);
    assert!(kl.rounding_floor > kl.k2.mean.unwrap() && kl.rounding_floor < 3.0 * kl.k2.mean.unwrap());
    assert!(sample.remarks.iter().any(|remark| remark.kind == RemarkKind::RoundingFloor), "{:?}", sample.remarks);
}

/// The two sequences of verl's test of its debugging metrics.
fn of_verl() -> [Sequence; 2] {
    let of = |rollout: &[f64], old: &[f64]| Sequence::new(&[(Rollout, rollout), (Old, old)]);
    [
        of(
            &[-1.5085, -0.12, -0.665, -0.4823, -0.1426, -1.5557, -2.8532, -0.3919, -0.4294, -0.47],
            &[-1.8636, -0.7863, -0.2136, -0.4376, -2.0257, -0.2579, -1.1547, -0.5203, -0.3802, -0.9872],
        ),
        of(
            &[-0.0585, -0.0573, -0.4681, -0.5187, -0.7451, -1.2737, -0.0682, -0.4284, -0.5754, -0.0611],
            &[-0.3507, -0.5426, -0.2725, -0.4637, -0.3577, -0.3733, -1.756, -1.9542, -0.4229, -1.3098],
        ),
    ]
}

#[test]
fn the_mismatch_of_verls_test() {
    let [first, second] = of_verl();
    let masked = [first.masked(&[1, 0, 0, 0, 1, 1, 0, 1, 1, 0]), second.masked(&[1, 0, 1, 0, 1, 1, 1, 0, 1, 1])];
    let masked = audit(&masked);
    assert_eq!((masked.all.tokens, masked.all.masked_out, masked.all.sequences), (12, 8, 2));
    let sampler = masked.all.sampler.unwrap();
    close(sampler.k1, 0.2177, 4);
    close(sampler.k3, 0.382477, 5);
    close(sampler.mean_abs, 0.71485, 5);
    close(sampler.ess, 0.591367, 5);
    close(sampler.max_abs, 2.0257 - 0.1426, 9);
    // Where nothing is masked, as the test that passes the mask under another name has it.
    let whole = audit(&of_verl());
    let sampler = whole.all.sampler.unwrap();
    close(sampler.k1, 0.17787, 4);
    close(sampler.k3, 0.430799, 5);
}

#[test]
fn constant_sequences_have_constant_ratios() {
    let of = |rollout: f64| Sequence::new(&[(Rollout, &[rollout; 5]), (Old, &[-2.0; 5])]);
    let sampler = audit(&[of(-1.0), of(-2.5)]).all.sampler.unwrap();
    close(sampler.k1, 0.25, 14);
    close(sampler.k3, 0.258300356, 8);
    close(sampler.ess, 0.712548, 5);
    close(sampler.ess_sequence_mean, 1.0, 14);
    assert_eq!((sampler.beyond_narrow, sampler.beyond_wide), (1.0, 0.5));
}

#[test]
fn one_token_of_nemos_guide() {
    let sampler = audit(&[Sequence::new(&[(Rollout, &[-5.0]), (Old, &[-15.0])])]).all.sampler.unwrap();
    close(sampler.k3, 9.0000454, 8);
    let upside_down = audit(&[Sequence::new(&[(Rollout, &[-15.0]), (Old, &[-5.0])])]).all.sampler.unwrap();
    close(upside_down.k3, 22015.4658, 8);
}

/// Of 1000 tokens some have a difference, as in miles' issue 1067; `log w` is old - rollout.
fn difference(tokens: usize, by: f64) -> [Sequence; 1] {
    let rollout = vec![-60.0; 1000];
    let old: Vec<f64> = (0..1000).map(|token| if token < tokens { -60.0 + by } else { -60.0 }).collect();
    [Sequence::new(&[(Rollout, &rollout), (Old, &old)])]
}

#[test]
fn a_few_tokens_make_the_mismatch() {
    let of = |tokens, by| audit(&difference(tokens, by)).all.sampler.unwrap();
    assert_eq!((of(0, 0.0).mean_abs, of(0, 0.0).k3), (Some(0.0), Some(0.0)));
    close(of(1000, -0.5).mean_abs, 0.5, 14);
    close(of(1000, -0.5).k3, 0.106531, 5);
    close(of(1000, 0.5).k3, 0.148721, 5);
    close(of(5, -50.0).mean_abs, 0.25, 14);
    close(of(5, -50.0).k3, 0.245, 9);
    close(of(5, 50.0).k3, 2.59e19, 2);
}

#[test]
fn effective_samples_are_pooled_and_per_sequence() {
    // Two micro-batches of weights 1 and 2, as in Megatron-LM's issue 5420.
    let of = |weight: f64| {
        let old = -3.0 + weight.ln();
        Sequence::new(&[(Rollout, &[-3.0; 4]), (Old, &[old; 4])])
    };
    let sampler = audit(&[of(1.0), of(2.0)]).all.sampler.unwrap();
    close(sampler.ess, 0.9, 12);
    close(sampler.ess_sequence_mean, 1.0, 12);
    // The three raw weights of verl's test of rejection.
    let weights = [0.4f64, 0.8, 6.0].map(|weight| -3.0 + weight.ln());
    let sampler = audit(&[Sequence::new(&[(Rollout, &[-3.0; 3]), (Old, &weights)])]).all.sampler.unwrap();
    close(sampler.ess, 0.469565, 5);
}

#[test]
fn one_token_carries_the_loss() {
    // torchforge's issue 664: of 4348 tokens one with ref - logp = 22.64, whose k3 is 6.82168e9.
    let mut reference = vec![-30.0; 4348];
    reference[1000] += 22.643371632;
    let sample = audit(&[Sequence::new(&[(Old, &[-30.0; 4348]), (Ref, &reference)])]);
    let kl = sample.all.kl.as_ref().unwrap();
    close(kl.k3.per_sequence, 6.82168e9, 6);
    close(kl.top_share, 1.0, 12);
    assert_eq!(sample.tokens.len(), 1, "the others are equal");
    assert_eq!((sample.tokens[0].place.token, sample.tokens[0].position), (Some(1001), 1000));
    let few = sample.remarks.iter().find(|remark| remark.kind == RemarkKind::FewTokens).unwrap();
    assert_eq!((few.count, few.first.as_ref()), (1, Some(&sample.tokens[0].place)));
}

#[test]
fn a_clamp_is_dead_beyond_where_k3_is_10() {
    // Of x = ref - logp; k3 is 10 at 2.610868638 and at -10.99998330.
    for (x, is_dead) in [(2.6108, false), (2.6109, true), (10.0, true), (88.8, true), (-10.99998, false), (-11.0, true)]
    {
        let sample = audit(&[Sequence::new(&[(Old, &[-100.0]), (Ref, &[-100.0 + x])])]);
        let clamped = &sample.all.losses[3];
        assert_eq!((clamped.name.as_str(), clamped.dead), ("k3_clamped", Some(f64::from(u8::from(is_dead)))), "{x}");
        let killed = sample.remarks.iter().find(|remark| remark.kind == RemarkKind::ClampKills);
        let said = "k3_clamped has no gradient at 1 token (100%), which carries 100% of k3.";
        assert_eq!(killed.map(|remark| remark.text.as_str()), is_dead.then_some(said));
    }
    let k2 = summary(
        &[Sequence::new(&[(Old, &[-100.0; 2]), (Ref, &[-95.5279, -95.5278])])],
        vec![loss("mine = clamp(k2, -10, 10)")],
    );
    assert_eq!(k2.audit().unwrap().all.losses[0].dead, Some(0.5), "beyond sqrt(20) = 4.4721");
}
