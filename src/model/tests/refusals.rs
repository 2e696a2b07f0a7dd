//! What cannot be read is named, and what would be right.

use super::*;

/// What is said of a folder.
fn refusal(folder: &Path) -> String {
    let error = Checkpoint::read(folder, Device::Cpu, Kind::Float).err().expect("it is refused");
    let message = format!("{error:#}");
    let start = format!("the model in {} cannot be read: ", folder.display());
    message.strip_prefix(&start).expect("the folder is named").to_owned()
}

/// What is said where keys of `config.json` are others.
fn refusal_of_config(name: &str, keys: &[(&str, Value)]) -> String {
    let changed =
        with_config(name, |config| config.extend(keys.iter().map(|(key, value)| ((*key).into(), value.clone()))));
    refusal(changed.path())
}

fn refusal_without(file: &str) -> String {
    let copy = copy("llama");
    fs::remove_file(copy.path().join(file)).expect("it is there");
    refusal(copy.path())
}

fn refusal_of_weights(change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> String {
    refusal(with_weights("llama", change).path())
}

#[test]
fn files_that_are_missing() {
    assert_eq!(refusal(Path::new("/no/such")), "there is no such folder");
    assert_eq!(
        refusal_without("config.json"),
        "there is no config.json; a Hugging Face folder with config.json, model.safetensors and tokenizer.json would be right"
    );
    assert_eq!(
        refusal_without("tokenizer.json"),
        "there is no tokenizer.json; one would be right, which the save_pretrained of transformers' AutoTokenizer writes"
    );
    assert_eq!(
        refusal_without("model.safetensors"),
        "there are no weights; model.safetensors, or shards with model.safetensors.index.json, would be right"
    );
    let copy = copy("llama");
    fs::rename(copy.path().join("model.safetensors"), copy.path().join("pytorch_model.bin")).expect("it is there");
    assert_eq!(
        refusal(copy.path()),
        "there is pytorch_model.bin alone, which is not read; model.safetensors would be right, which transformers' \
         save_pretrained writes"
    );
}

#[test]
fn models_that_are_not_known() {
    let message = refusal_of_config("llama", &[("model_type", "bert".into())]);
    let known = "llama, mistral, qwen2, qwen3 or gpt2 would be right";
    assert_eq!(message, format!("config.json has the model_type bert, which is not known; {known}"));
    let quantised = refusal_of_config("llama", &[("quantization_config", serde_json::json!({"quant_method": "gptq"}))]);
    assert_eq!(quantised, "config.json has a quantization_config; weights that are not quantised would be right");
    let act = refusal_of_config("llama", &[("hidden_act", "gelu".into())]);
    assert_eq!(act, "config.json: the hidden_act gelu is not known; silu would be right");
    let act = refusal_of_config("gpt2", &[("activation_function", "relu".into())]);
    assert_eq!(act, "config.json: the activation_function relu is not known; gelu_new or gelu would be right");
    for flag in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
        let message = refusal_of_config("gpt2", &[(flag, true.into())]);
        assert_eq!(message, format!("config.json: {flag} true is not known; false would be right"));
    }
    let message = refusal_of_config("gpt2", &[("scale_attn_weights", false.into())]);
    assert_eq!(message, "config.json: scale_attn_weights false is not known; true would be right");
}

#[test]
fn ropes_that_are_not_known() {
    let yarn = serde_json::json!({"rope_type": "yarn", "factor": 4.0});
    let unknown = "config.json: the rope type yarn is not known; default or llama3 would be right";
    assert_eq!(refusal_of_config("llama", &[("rope_scaling", yarn.clone())]), unknown);
    assert_eq!(refusal_of_config("qwen2", &[("rope_parameters", yarn)]), unknown);
    let old_name = serde_json::json!({"type": "linear", "factor": 2.0});
    let message = refusal_of_config("llama", &[("rope_scaling", old_name)]);
    assert_eq!(message, "config.json: the rope type linear is not known; default or llama3 would be right");
    let part = serde_json::json!({"rope_type": "default", "partial_rotary_factor": 0.5});
    let message = refusal_of_config("qwen3", &[("rope_parameters", part)]);
    assert_eq!(
        message,
        "config.json: partial_rotary_factor 0.5 is not known; 1, where a whole head turns, would be right"
    );
    let nested = serde_json::json!({"full_attention": {"rope_type": "default", "rope_theta": 50.0}});
    let message = refusal_of_config("qwen2", &[("rope_parameters", nested)]);
    assert_eq!(message, "config.json: rope_parameters lack rope_theta; a number would be right");
    let plain = serde_json::json!({"rope_type": "default"});
    let message = refusal_of_config("llama_biased", &[("rope_parameters", plain)]);
    let right = "one of them would be right";
    assert_eq!(message, format!("config.json: rope_parameters and rope_scaling contradict each other; {right}"));
    let message = refusal_of_config("llama", &[("rope_theta", 0.into())]);
    assert_eq!(message, "config.json: rope_theta is 0; a positive number would be right");
}

#[test]
fn stretches_that_are_not_whole() {
    let stretch = |key: &str, value: Value| {
        let mut stretch = serde_json::json!({"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 64});
        stretch[key] = value;
        refusal_of_config("llama", &[("rope_scaling", stretch)])
    };
    assert_eq!(
        stretch("factor", Value::Null),
        "config.json: the rope type llama3 lacks a number; factor, low_freq_factor, high_freq_factor and \
         original_max_position_embeddings would be right"
    );
    assert_eq!(
        stretch("low_freq_factor", 4.into()),
        "config.json: the rope type llama3 has a wrong number; positive ones with low_freq_factor below high_freq_factor would \
         be right"
    );
}

#[test]
fn windows_that_are_used() {
    let message = "config.json: attention has a sliding_window of 8 tokens, which is not known here; none, or one of the 32 \
                   tokens of max_position_embeddings, would be right";
    let window = ("sliding_window", Value::from(8));
    let mistral = ("model_type", Value::from("mistral"));
    assert_eq!(refusal_of_config("llama", &[mistral, window.clone()]), message);
    let used = ("use_sliding_window", Value::from(true));
    let layers = |layers: u32| ("max_window_layers", Value::from(layers));
    let no_types = ("layer_types", Value::Null);
    let qwen2 = |layers| [window.clone(), used.clone(), no_types.clone(), layers];
    assert_eq!(refusal_of_config("qwen2", &qwen2(layers(1))), message);
    let types = ("layer_types", serde_json::json!(["full_attention", "sliding_attention"]));
    assert_eq!(refusal_of_config("qwen3", &[window.clone(), types]), message);

    let is_known = |keys: &[(&str, Value)]| {
        let folder =
            with_config("qwen2", |config| config.extend(keys.iter().cloned().map(|(key, value)| (key.into(), value))));
        network(folder.path(), Kind::Float).is_ok()
    };
    assert!(is_known(&qwen2(layers(2))) && is_known(&[window.clone(), no_types.clone()]));
}

#[test]
fn sizes_that_do_not_fit() {
    let message = refusal_of_config("llama", &[("num_key_value_heads", 3.into())]);
    assert_eq!(message, "config.json: 4 heads cannot share 3 keys; a divisor of 4 would be right");
    let message = refusal_of_config("llama", &[("num_attention_heads", 6.into())]);
    assert_eq!(message, "config.json: hidden_size 16 is no multiple of 6 heads; a head_dim would be right");
    let message = refusal_of_config("llama", &[("head_dim", 3.into())]);
    assert_eq!(
        message,
        "config.json: a head has the odd size 3, whose halves cannot be turned; an even one would be right"
    );
    let message = refusal_of_config("gpt2", &[("n_head", 3.into())]);
    assert_eq!(message, "config.json: n_embd 8 is no multiple of 3 heads; one would be right");
    let message = refusal_of_config("llama", &[("hidden_size", 0.into())]);
    assert!(message.starts_with("config.json is wrong: invalid value: integer `0`"), "{message}");
    let message = refusal_of_config("llama", &[("hidden_size", Value::Null)]);
    assert!(message.starts_with("config.json is wrong: invalid type: null"), "{message}");
}

#[test]
fn weights_that_are_other_than_config_says() {
    let right = "weights and config.json of one model would be right";
    const NAME: &str = "model.layers.1.self_attn.k_proj.weight";
    let message = refusal_of_weights(|weights| drop(weights.remove(NAME)));
    assert_eq!(message, format!("the weights lack {NAME} of the shape [8, 16], which config.json asks for; {right}"));
    let message =
        refusal_of_weights(|weights| drop(weights.insert(NAME.into(), Tensor::zeros([16, 16], tch::kind::FLOAT_CPU))));
    assert_eq!(
        message,
        format!("config.json asks for {NAME} of the shape [8, 16], and the weights have [16, 16]; {right}")
    );
    let bias = "model.layers.0.self_attn.q_proj.bias";
    let message =
        refusal_of_weights(|weights| drop(weights.insert(bias.into(), Tensor::zeros([16], tch::kind::FLOAT_CPU))));
    assert_eq!(message, format!("the weights hold {bias}, which config.json does not ask for; {right}"));
    let message = refusal_of_weights(|weights| {
        drop(weights.insert("lm_head.weight".into(), Tensor::zeros([16, 16], tch::kind::FLOAT_CPU)));
    });
    assert_eq!(
        message,
        "lm_head.weight is not the embedding, to which config.json ties it; \"tie_word_embeddings\": false, or weights without \
         it, would be right"
    );
    let message = refusal_of_config("llama", &[("tie_word_embeddings", false.into())]);
    assert!(message.starts_with("the weights lack lm_head.weight of the shape [16, 16]"), "{message}");
}

#[test]
fn numbers_that_are_no_weights() {
    for wrong in [f64::NAN, f64::INFINITY] {
        let message = refusal_of_weights(|weights| {
            let _ = weights.get_mut("model.norm.weight").expect("it is there").get(3).fill_(wrong);
        });
        let right = "weights that are finite would be right";
        assert_eq!(message, format!("model.safetensors: model.norm.weight holds NaN or infinity; {right}"));
    }
    let message = refusal_of_weights(|weights| {
        let norm = weights.get_mut("model.norm.weight").expect("it is there");
        *norm = norm.to_kind(Kind::Int8);
    });
    let right = "BF16, F16, F32 or F64 would be right";
    assert_eq!(message, format!("model.safetensors: model.norm.weight is stored as I8, which is not known; {right}"));
}

#[test]
fn files_that_are_broken() {
    let cut = |file: &str, length: u64| {
        let copy = copy("llama");
        fs::File::options()
            .write(true)
            .open(copy.path().join(file))
            .and_then(|file| file.set_len(length))
            .expect("it is there");
        refusal(copy.path())
    };
    assert!(cut("config.json", 20).starts_with("config.json is wrong: EOF while parsing"));
    assert!(cut("tokenizer.json", 20).starts_with("tokenizer.json cannot be read: EOF while parsing"));
    assert_eq!(cut("model.safetensors", 3), "model.safetensors: ends within the length of its header");
    let message = cut("model.safetensors", 9000);
    assert!(message.starts_with("model.safetensors: is cut short: it has "), "{message}");
}

#[test]
fn shards_that_do_not_fit() {
    let refused = |change: &dyn Fn(&Path)| {
        let copy = copy("shards");
        change(copy.path());
        format!("{:#}", network(copy.path(), Kind::Float).err().expect("it is refused"))
    };
    const SECOND: &str = "model-00002-of-00003.safetensors";
    let message = refused(&|folder| fs::remove_file(folder.join(SECOND)).expect("it is there"));
    assert!(message.starts_with(&format!("{SECOND}: cannot be opened: No such file")), "{message}");
    let message =
        refused(&|folder| drop(fs::copy(folder.join("model-00001-of-00003.safetensors"), folder.join(SECOND))));
    assert!(message.contains("is in another shard, too; once would be right"), "{message}");
    let message =
        refused(&|folder| fs::write(folder.join("model.safetensors.index.json"), "{}").expect("there is room"));
    assert!(message.starts_with("model.safetensors.index.json is wrong: missing field `weight_map`"), "{message}");
}

#[test]
fn a_tokenizer_of_another_model() {
    let folder = with_config("gpt2", |_| ());
    let path = folder.path().join("tokenizer.json");
    let written = fs::read_to_string(super::folder("llama").join("tokenizer.json")).expect("it is there");
    fs::write(path, written.replace("\"A\": 15", "\"A\": 16")).expect("there is room for it");
    assert_eq!(
        refusal(folder.path()),
        "tokenizer.json has tokens up to 16, and the model 16 from 0; a tokenizer of this model would be right"
    );
}

#[test]
fn devices_that_are_not_there() {
    assert_eq!(device("cpu").expect("it is there"), Device::Cpu);
    for text in ["gpu", "cuda:", "cuda:x", "cuda:-1", ""] {
        let message = device(text).expect_err(text).to_string();
        assert_eq!(message, format!("there is no device {text:?}; cpu, cuda or cuda:0 would be right"));
    }
    if !tch::utils::has_cuda() {
        let message = device("cuda:1").expect_err("there is none").to_string();
        let right = "cpu, or a libtorch with CUDA, would be right";
        assert_eq!(message, format!("this libtorch has no CUDA, and so no cuda:1; {right}"));
    }
}
