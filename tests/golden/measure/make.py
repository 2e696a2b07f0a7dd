"""Writes expected.json: what the gradients of klgrad measure have to be, from an independent program.

Needs torch 2.13.0 and transformers 5.24.0. The policy and the reference are those of examples/pair. A few sequences are
drawn from the policy; for each one and each estimator torch.autograd differentiates the loss, summed over the response,
with respect to all parameters of the policy, in 64 bits. The file holds

- `estimators`: their names, in the order of all lists below;
- `sequences`: for each one
  - `ids`: the token ids, prompt and response; `prompt`: how many of them are the prompt; `text`: what they say;
  - `log_probs`, `ref_log_probs`: of each token of the response, under the policy and under the reference;
  - `loss`: the sum of the loss over the response;
  - `norm`: the norm of its gradient g;
  - `projection`: the sum over i of g[i] sin(0.1 i + 0.3), where g is the gradients of all parameters, sorted by name,
    each row after row, and i counts from 0;
  - `gram`: the inner products of the estimators' gradients with each other.

Before it writes, the program checks its gradients against differences of the losses.
"""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, logging
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding

PAIR = Path(__file__).resolve().parents[3] / "examples" / "pair"
END = 1
# A prompt; the least and the most tokens of its response; whether the response ends by the end token.
PROMPTS = [
    ("In the beginning", 24, 24, False),
    ("And it came to pass", 16, 16, False),
    ("My son", 1, 1, False),
    ("And they did so", 12, 24, True),
]
STEP = 1e-6


def norm(self, x):
    return self.weight * x * (x.square().mean(-1, keepdim=True) + self.variance_epsilon).rsqrt()


def rotary(self, x, position_ids):
    theta, size = self.config.rope_parameters["rope_theta"], self.config.head_dim
    frequencies = theta ** -(torch.arange(0, size, 2, dtype=x.dtype) / size)
    angles = (position_ids[:, :, None] * frequencies).repeat(1, 1, 2)
    return angles.cos(), angles.sin()


def load_pair():
    """The policy and the reference in 64 bits throughout, where transformers would do some steps in 32."""
    ids = torch.arange(2, 40)[None]
    folders = [PAIR / "policy", PAIR / "reference"]
    models = [AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64) for folder in folders]
    logits = [model(ids).logits for model in models]
    LlamaRMSNorm.forward, LlamaRotaryEmbedding.forward = norm, rotary
    for model, rounded in zip(models, logits):
        assert 0 < (model(ids).logits - rounded).abs().max() < 1e-5
    return models


@torch.no_grad()
def draw(policy, prompt, least, most, ends):
    """The prompt with the first response drawn that is as long as asked for, and ends or does not as asked for."""
    while True:
        ids = list(prompt)
        while len(ids) < len(prompt) + most and ids[-1] != END:
            probabilities = policy(torch.tensor([ids])).logits[0, -1].softmax(0)
            ids.append(torch.multinomial(probabilities, 1).item())
        if len(ids) >= len(prompt) + least and (ids[-1] == END) == ends:
            return ids


def log_probs(model, ids, prompt):
    """The log-probabilities of the whole vocabulary at each token of the response."""
    return model(torch.tensor([ids])).logits[0, prompt - 1 : -1].log_softmax(1)


def k3(log_ratio):
    return torch.expm1(-log_ratio) + log_ratio


def to_go(x):
    return x.flip(0).cumsum(0).flip(0)


def losses(policy, fixed, reference, tokens):
    """Each estimator's loss, summed over the response. A stop-gradient reads `fixed`, `policy` without gradient."""
    log_prob, log_prob_fixed, log_prob_reference = (
        x.gather(1, tokens[:, None])[:, 0] for x in (policy, fixed, reference)
    )
    rho = (log_prob - log_prob_fixed).exp()
    d, d_fixed = log_prob - log_prob_reference, log_prob_fixed - log_prob_reference
    full, full_fixed = ((x.exp() * (x - reference)).sum(1) for x in (policy, fixed))
    return {
        "k1": d.sum(),
        "k2": (d**2 / 2).sum(),
        "k3": k3(d).sum(),
        "abs": d.abs().sum(),
        "chi2": (torch.expm1(d) - d).sum(),
        "rho_k1": (rho * d).sum(),
        "rho_k2": (rho * d**2 / 2).sum(),
        "k3_in_reward": (k3(d_fixed) * log_prob).sum(),
        "k1_to_go": (to_go(d_fixed) * log_prob).sum(),
        "k3_to_go": (to_go(k3(d_fixed)) * log_prob).sum(),
        "k1_whole": (d_fixed.sum() * log_prob).sum(),
        "k2_sequence": d.sum() ** 2 / 2,
        "kl_full": full.sum(),
        "kl_full_to_go": (full + (to_go(full_fixed) - full_fixed) * log_prob).sum(),
    }


def parameters(model):
    return [parameter for _, parameter in sorted(model.named_parameters())]


def direction(model):
    return torch.sin(0.1 * torch.arange(model.num_parameters(), dtype=torch.float64) + 0.3)


@torch.no_grad()
def move(model, step):
    """Adds the direction, times the step, to all parameters."""
    sizes = [parameter.numel() for parameter in parameters(model)]
    for parameter, part in zip(parameters(model), direction(model).split(sizes)):
        parameter += step * part.view_as(parameter)


@torch.no_grad()
def check(policy, ids, prompt, fixed, reference, tokens, projections):
    """Central differences of the losses, good to about 7 digits, against the projections of the gradients."""
    ends = []
    for step in (STEP, -2 * STEP):
        move(policy, step)
        ends.append(losses(log_probs(policy, ids, prompt), fixed, reference, tokens))
    move(policy, STEP)
    for name, projection in projections.items():
        difference = (ends[0][name] - ends[1][name]).item() / (2 * STEP)
        assert abs(difference - projection) < 1e-6 * (1 + abs(projection)), (name, difference, projection)


def expected(policy, reference, tokenizer, ids, prompt):
    tokens = torch.tensor(ids[prompt:])
    ours = log_probs(policy, ids, prompt)
    fixed, theirs = ours.detach(), log_probs(reference, ids, prompt).detach()
    sums = losses(ours, fixed, theirs, tokens)
    parts = [torch.autograd.grad(loss, parameters(policy), retain_graph=True) for loss in sums.values()]
    gradients = torch.stack([torch.cat([part.flatten() for part in of]) for of in parts])
    projections = gradients @ direction(policy)
    check(policy, ids, prompt, fixed, theirs, tokens, dict(zip(sums, projections.tolist())))
    return {
        "ids": ids,
        "prompt": prompt,
        "text": tokenizer.decode(ids, skip_special_tokens=False),
        "log_probs": fixed.gather(1, tokens[:, None])[:, 0].tolist(),
        "ref_log_probs": theirs.gather(1, tokens[:, None])[:, 0].tolist(),
        "loss": [loss.item() for loss in sums.values()],
        "norm": gradients.norm(dim=1).tolist(),
        "projection": projections.tolist(),
        "gram": (gradients @ gradients.T).tolist(),
    }, list(sums)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(13)
    logging.disable_progress_bar()
    policy, reference = load_pair()
    tokenizer = Tokenizer.from_file(str(PAIR / "policy" / "tokenizer.json"))
    sequences = []
    for text, *wanted in PROMPTS:
        prompt = tokenizer.encode(text).ids
        ids = draw(policy, prompt, *wanted)
        sequence, names = expected(policy, reference, tokenizer, ids, len(prompt))
        sequences.append(sequence)
    lines = ",\n".join(json.dumps(sequence) for sequence in sequences)
    text = f'{{"estimators": {json.dumps(names)}, "sequences": [\n{lines}\n]}}\n'
    Path(__file__).with_name("expected.json").write_text(text)


if __name__ == "__main__":
    main()
