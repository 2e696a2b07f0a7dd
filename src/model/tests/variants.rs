//! Where a model is written in two ways both give the same, and the usual mistakes give something else by more than rounding.

use super::*;

/// A hundred times what is allowed of rounding.
const SEEN: f64 = 1e-3;

/// How far from the golden logits a copy is.
fn distance_of(name: &str, folder: &TempDir) -> f64 {
    let golden = Golden::read(name);
    distance(&network(folder.path(), Kind::Float).expect(name).logits(&golden.tokens), &golden.logits)
}

/// The rows of a matrix in another order.
fn reorder(weights: &mut BTreeMap<String, Tensor>, part: &str, dimension: i64, order: impl Fn(i64) -> i64) {
    for (_, weight) in weights.iter_mut().filter(|(name, _)| name.contains(part)) {
        let rows: Vec<i64> = (0..weight.size()[dimension as usize]).map(&order).collect();
        *weight = weight.index_select(dimension, &Tensor::from_slice(&rows));
    }
}

/// Halves of a head of size 4 become neighbours: who turns neighbours sees what this model sees.
fn neighbours(row: i64) -> i64 {
    row / 4 * 4 + [0, 2, 1, 3][(row % 4) as usize]
}

#[test]
fn neighbours_turned_for_halves_are_seen() {
    let wrong = with_weights("llama", |weights| {
        reorder(weights, "q_proj", 0, neighbours);
        reorder(weights, "k_proj", 0, neighbours);
    });
    let distance = distance_of("llama", &wrong);
    assert!(distance > SEEN, "{distance:e}");
}

/// Of 4 heads of size 4, the inner two change places: each meets the key that `repeat` would give it.
fn repeated(row: i64) -> i64 {
    [0, 2, 1, 3][(row / 4) as usize] * 4 + row % 4
}

#[test]
fn keys_repeated_as_a_whole_are_seen() {
    let wrong = with_weights("llama", |weights| {
        reorder(weights, "q_proj", 0, repeated);
        reorder(weights, "o_proj", 1, repeated);
    });
    let distance = distance_of("llama", &wrong);
    assert!(distance > SEEN, "{distance:e}");
}

#[test]
fn an_untied_head_is_seen() {
    let golden = Golden::read("llama");
    let untied = with_config("llama", |config| drop(config.insert("tie_word_embeddings".into(), false.into())));
    let path = untied.path().join("model.safetensors");
    let mut weights = Tensor::read_safetensors(&path).expect("it is there");
    let embedding = weights.iter().find(|(name, _)| name == "model.embed_tokens.weight").expect("it is there").1.copy();
    weights.push(("lm_head.weight".into(), embedding));
    Tensor::write_safetensors(&weights, path).expect("there is room for it");

    let network = network(untied.path(), Kind::Float).expect("it is known");
    assert!(distance(&network.logits(&golden.tokens), &golden.logits) < 1e-5);
    let gradients = gradients(&*network, &golden.tokens);
    let (embedding, head) = (&gradients["model.embed_tokens.weight"], &gradients["lm_head.weight"]);
    let tied = &golden.gradients["model.embed_tokens.weight"];
    assert!(distance(embedding, tied) > SEEN && distance(head, tied) > SEEN);
    assert!(distance(&(embedding + head), tied) < 1e-5);
}

#[test]
fn rope_may_be_in_either_place() {
    for name in ["llama", "llama_biased"] {
        let moved = with_config(name, |config| {
            let mut rope =
                config.remove("rope_scaling").filter(Value::is_object).unwrap_or_else(|| serde_json::json!({}));
            rope["rope_theta"] = config.remove("rope_theta").expect("it is there");
            config.insert("rope_parameters".into(), rope);
        });
        assert!(distance_of(name, &moved) < 1e-5, "{name}");
    }
    let moved = with_config("qwen2", |config| {
        let rope = config.remove("rope_parameters").expect("it is there");
        config.insert("rope_theta".into(), rope["rope_theta"].clone());
    });
    assert!(distance_of("qwen2", &moved) < 1e-5);
    let without = with_config("qwen2", |config| drop(config.remove("rope_parameters")));
    assert!(distance_of("qwen2", &without) > SEEN, "theta is not the one that is taken where there is none");
}

#[test]
fn a_stretch_is_seen() {
    let plain = with_config("llama_biased", |config| drop(config.remove("rope_scaling")));
    assert!(distance_of("llama_biased", &plain) > SEEN);
}

#[test]
fn a_mistral_without_window_is_a_llama() {
    for window in [Value::Null, 32.into()] {
        let mistral = with_config("llama", |config| {
            config.insert("model_type".into(), "mistral".into());
            config.insert("sliding_window".into(), window);
        });
        assert!(distance_of("llama", &mistral) < 1e-5);
    }
}

#[test]
fn gpt2_may_go_without_a_prefix_and_with_its_masks() {
    let old = with_weights("gpt2", |weights| {
        let bare = std::mem::take(weights).into_iter();
        weights.extend(bare.map(|(name, weight)| (name.trim_start_matches("transformer.").to_owned(), weight)));
        weights.insert("h.0.attn.bias".into(), Tensor::ones([1, 1, 32, 32], (Kind::Uint8, Device::Cpu)));
    });
    assert!(distance_of("gpt2", &old) < 1e-5);
}

#[test]
fn a_tied_head_may_be_in_the_file_too() {
    let twice = with_weights("qwen2", |weights| {
        let embedding = weights["model.embed_tokens.weight"].copy();
        weights.insert("lm_head.weight".into(), embedding);
    });
    assert!(distance_of("qwen2", &twice) < 1e-5);
    assert_eq!(parameter_count(twice.path()).unwrap(), parameter_count(&folder("qwen2")).unwrap());
}
