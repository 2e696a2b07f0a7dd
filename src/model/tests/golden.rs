//! Logits and gradients are transformers'.

use super::*;

/// Each model, and the types in its files.
const MODELS: [(&str, &str); 6] = [
    ("llama", "F32"),
    ("llama_biased", "F64"),
    ("qwen2", "BF16"),
    ("qwen3", "F16"),
    ("gpt2", "F32"),
    ("shards", "BF16, F16, F32"),
];

#[test]
fn logits_are_those_of_transformers() {
    for (name, _) in MODELS {
        let golden = Golden::read(name);
        for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::Double, 1e-12)] {
            let logits = network(&folder(name), kind).expect(name).logits(&golden.tokens);
            assert_eq!(logits.kind(), kind);
            let distance = distance(&logits, &golden.logits);
            assert!(distance < tolerance, "{name} in {kind:?}: {distance:e}");
        }
    }
}

#[test]
fn gradients_are_those_of_transformers() {
    for (name, _) in MODELS {
        let golden = Golden::read(name);
        for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::Double, 2f64.powi(-23))] {
            let network = network(&folder(name), kind).expect(name);
            // The golden ones are kept in 32 bits: below 4, half of their last place is 2^-23.
            let gradients = gradients(&*network, &golden.tokens);
            assert!(gradients.keys().eq(golden.gradients.keys()), "{name}");
            for ((leaf, gradient), golden) in gradients.iter().zip(golden.gradients.values()) {
                let distance = distance(gradient, golden);
                assert!(distance < tolerance, "{leaf} of {name} in {kind:?}: {distance:e}");
                assert!(golden.abs().max().double_value(&[]) > 1e-3, "{leaf} of {name} is of no use for a test");
            }
        }
    }
}

#[test]
fn leaves_are_sorted_and_counted_once() {
    for (name, _) in MODELS {
        let parameters = network(&folder(name), Kind::Float).expect(name).parameters();
        assert!(parameters.is_sorted_by(|(one, _), (next, _)| one < next), "{name}");
        assert!(parameters.iter().all(|(_, leaf)| leaf.requires_grad() && leaf.is_leaf()), "{name}");
        let count: usize = parameters.iter().map(|(_, leaf)| leaf.numel()).sum();
        assert_eq!(parameter_count(&folder(name)).expect(name), count as u64, "{name}");
    }
}

#[test]
fn types_of_the_files_are_told() {
    for (name, stored) in MODELS {
        let weights = Weights::read(&Headers::read(&folder(name)).expect(name), Device::Cpu, Kind::Float).expect(name);
        assert_eq!(weights.stored(), stored);
    }
}

#[test]
fn another_thread_shares_the_parameters() {
    let golden = Golden::read("llama");
    let network = network(&folder("llama"), Kind::Float).expect("it is known");
    let shared = network.shared();
    let tokens = golden.tokens.shallow_clone();
    let logits = std::thread::spawn(move || shared.logits(&tokens)).join().expect("it does not panic");
    assert_eq!(logits, network.logits(&golden.tokens));
    for name in ["llama", "gpt2"] {
        let network = super::network(&folder(name), Kind::Float).expect(name);
        let pairs = network.parameters().into_iter().zip(network.shared().parameters());
        assert!(pairs.into_iter().all(|((_, one), (_, other))| one.data_ptr() == other.data_ptr()), "{name}");
    }
}

#[test]
fn a_folder_is_a_checkpoint() {
    let checkpoint = Checkpoint::read(&folder("llama"), Device::Cpu, Kind::Float).expect("it is whole");
    assert_eq!((checkpoint.network.vocabulary(), checkpoint.network.context()), (16, 32));
    assert_eq!((checkpoint.ends, checkpoint.stored.as_str()), (vec![2], "F32"));
    assert_eq!(checkpoint.tokenizer.vocabulary(), 16);
}

#[test]
fn ends_are_those_of_generation() {
    assert_eq!(Config::read(&folder("qwen2")).expect("it is known").ends, [2, 0]);
    let without = with_config("llama", |config| drop(config.remove("eos_token_id")));
    assert!(Config::read(without.path()).expect("it is known").ends.is_empty());
}
