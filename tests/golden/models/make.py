"""Writes small random models with what transformers makes of them; see ../README.md."""

import json
from pathlib import Path

import tokenizers
import torch
import transformers
from safetensors.torch import save_file
from transformers import GPT2Config, LlamaConfig, Qwen2Config, Qwen3Config

HERE = Path(__file__).parent
TOKENS = 16
SIZES = {"vocab_size": TOKENS, "num_hidden_layers": 2, "max_position_embeddings": 32, "bos_token_id": 1, "eos_token_id": 2}
LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
F64, F32, F16, BF16 = torch.float64, torch.float32, torch.float16, torch.bfloat16

# transformers rounds norms and rotations to 32 bits whatever the model is. Here all is computed in 64.
torch.float = torch.float32 = F64
torch.Tensor.float = torch.Tensor.double


def decoder(config, width, inner, heads, key_heads, **more):
    sizes = {"hidden_size": width, "intermediate_size": inner, "num_attention_heads": heads, "num_key_value_heads": key_heads}
    return config(**SIZES, **sizes, **more)


def gpt2():
    return GPT2Config(vocab_size=TOKENS, n_layer=2, n_positions=32, n_embd=8, n_head=2, n_inner=12, bos_token_id=1, eos_token_id=2)


def random_model(config, dtype):
    """With weights that the file's type holds exactly, large enough that every part of the model counts."""
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=F64).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            is_norm = weight.dim() == 1 and "bias" not in name
            spread = 1.0 if "embed" in name or "wte" in name else 0.4
            weight.copy_((is_norm + spread * torch.randn(weight.shape)).to(dtype))
    return model


def golden(model):
    """Tokens, their logits, and the gradient of the mean negative log-probability of each next token."""
    tokens = torch.randint(TOKENS, (2, 12))
    logits = model(tokens).logits
    torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
    gradients = {f"gradient.{name}": weight.grad.to(F32) for name, weight in model.named_parameters()}
    return {"tokens": tokens, "logits": logits.detach(), **gradients}


def write_config(folder, config, old_keys):
    """As transformers 5 writes it, or with theta and stretch where transformers 4 wrote them."""
    text = config.to_dict()
    if old_keys:
        rope = text.pop("rope_parameters")
        text["rope_theta"] = rope.pop("rope_theta")
        text["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    if text.get("head_dim") == config.hidden_size // config.num_attention_heads:
        del text["head_dim"]
    kept = set(config.to_diff_dict()) | {"rope_theta", "rope_scaling", "tie_word_embeddings"}
    text = {key: value for key, value in text.items() if key in kept - {"dtype"}}
    (folder / "config.json").write_text(json.dumps(text, indent=1) + "\n")


def write(name, config, dtype, old_keys=False, shards=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    model = random_model(config, dtype)
    tensors = {name: weight.detach().to(dtype).clone() for name, weight in model.named_parameters()}
    write_config(folder, config, old_keys)
    save_file(golden(model), folder / "golden.safetensors")
    if shards is None:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        write_shards(folder, tensors, shards)


def write_shards(folder, tensors, dtypes):
    """In as many shards as there are types."""
    names, files = sorted(tensors), {}
    for index, dtype in enumerate(dtypes):
        file = f"model-{index + 1:05}-of-{len(dtypes):05}.safetensors"
        part = {name: tensors[name].to(dtype) for name in names[index :: len(dtypes)]}
        save_file(part, folder / file, metadata={"format": "pt"})
        files |= dict.fromkeys(part, file)
    index = {"metadata": {}, "weight_map": dict(sorted(files.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


PIECES = ["<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "\u2581", "a", "b", "n", "an", "ban", "ana", "\u2581ban", "s", ".", "A"]
TEXTS = ["banana", "ban a ban", "b\u00e9n.", "a \u20ac s", "", "  an", "Abba</s>"]


def tokenizer():
    """BPE with bytes for what it lacks, and a special token before the text, as SentencePiece's models become."""
    merges = [("a", "n"), ("b", "an"), ("an", "a"), ("\u2581", "ban")]
    vocabulary = {piece: token for token, piece in enumerate(PIECES)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.add_special_tokens(PIECES[:3])
    made.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend("\u2581"), tokenizers.normalizers.Replace(" ", "\u2581")]
    )
    made.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    decoders = tokenizers.decoders
    made.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return made


def write_tokenizer(folder):
    made = tokenizer()
    made.save(str(folder / "tokenizer.json"))
    texts = [{"text": text, "tokens": (tokens := made.encode(text).ids), "decoded": made.decode(tokens)} for text in TEXTS]
    (folder / "texts.json").write_text(json.dumps(texts, indent=1) + "\n")


torch.manual_seed(13)
rope = {"rope_type": "default", "rope_theta": 50.0}
write("llama", decoder(LlamaConfig, 16, 12, 4, 2, tie_word_embeddings=True, rope_parameters=rope), F32, old_keys=True)
write_tokenizer(HERE / "llama")
biased = {"attention_bias": True, "mlp_bias": True, "head_dim": 8, "rope_parameters": LLAMA3 | {"rope_theta": 100.0}}
write("llama_biased", decoder(LlamaConfig, 8, 12, 2, 1, **biased), F64, old_keys=True)
write("qwen2", decoder(Qwen2Config, 8, 12, 2, 1, tie_word_embeddings=True, rope_parameters=rope), BF16)
(HERE / "qwen2" / "generation_config.json").write_text('{"eos_token_id": [2, 0]}\n')
write("qwen3", decoder(Qwen3Config, 8, 12, 4, 2, head_dim=4, rope_parameters=rope), F16)
write("gpt2", gpt2(), F32)
write("shards", decoder(Qwen2Config, 8, 12, 2, 2, rope_parameters=rope), BF16, shards=[BF16, F32, F16])
