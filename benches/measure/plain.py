"""What people write themselves: the loop of klgrad measure with transformers and PyTorch, from start to end by one thread.

A forward pass of both models for each sequence; for each estimator its gradient coefficients by hand, one backward pass, and what
klgrad keeps of the gradient: its sum, and its inner products with itself and with both targets.
"""

import argparse
import json
import time

import torch
from transformers import AutoModelForCausalLM

BATCH = 64


def sample(policy, args):
    """As many sequences side by side as klgrad draws, with transformers' own cache."""
    rows = []
    while len(rows) < args.sequences:
        prompt = torch.tensor([args.prompt] * min(BATCH, args.sequences - len(rows)))
        rows += policy.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=args.max_new_tokens,
        )
    return rows


def after(x):
    """The sum over each token and the later ones."""
    return x.flip(0).cumsum(0).flip(0)


def losses(logs, ref, tokens, names):
    """Sums over tokens whose gradients are those of the estimators; then those of both targets. Beside them, k3."""
    logp = logs.gather(-1, tokens[:, None])[:, 0]
    d = (logp - ref.gather(-1, tokens[:, None])[:, 0]).detach()
    k3 = torch.expm1(-d) + d
    coefficients = {
        "k1": torch.ones_like(d),
        "k2": d,
        "k3": 1 - torch.exp(-d),
        "abs": torch.sign(d),
        "chi2": torch.expm1(d),
        "rho_k1": d + 1,
        "rho_k2": d**2 / 2 + d,
        "k1_to_go": after(d),
        "k1_whole": d.sum().expand_as(d),
        "k3_to_go": after(k3),
    }
    kl = (logs.exp() * (logs - ref)).sum(-1)
    local = kl.sum()
    of = {name: (c * logp).sum() for name, c in coefficients.items() if name in names}
    of["kl_full_to_go"] = local + ((after(kl) - kl).detach() * logp).sum()
    of["kl_full"] = local
    return of, k3.mean().item()


def measure(policy, reference, rows, args):
    parameters = list(policy.parameters())
    start = len(args.prompt)
    sums, own, k3s = {}, {}, []
    for row in rows:
        read, tokens = row[None, :-1], row[start:]
        logs = policy(read, use_cache=False).logits[0, start - 1 :].log_softmax(-1, dtype=torch.float64)
        with torch.no_grad():
            ref = reference(read, use_cache=False).logits[0, start - 1 :].log_softmax(-1, dtype=torch.float64)
        of, k3 = losses(logs, ref, tokens, args.estimators)
        k3s.append(k3)
        gradients = {}
        for name, loss in of.items():
            parts = torch.autograd.grad(loss, parameters, retain_graph=True)
            gradients[name] = torch.cat([part.flatten() for part in parts])
        targets = [gradients["kl_full_to_go"], gradients["kl_full"]]
        for name, gradient in gradients.items():
            products = torch.stack([(gradient * other).sum(dtype=torch.float64) for other in (gradient, *targets)])
            if name in sums:
                sums[name] += gradient
                own[name] += products
            else:
                sums[name], own[name] = gradient.clone(), products
    return sums, own, torch.tensor(k3s)


def strength(sums, own, count):
    """Of k2: the part of the whole-sequence target's gradient that is in it, without the noise of the sequences."""
    target = "kl_full_to_go"
    mean = lambda name: (sums[name].double() @ sums[target].double() - own[name][1]) / (count * (count - 1))
    return (mean("k2") / mean(target)).item()


def timed(what, *arguments):
    wall, cpu = time.perf_counter(), time.process_time()
    result = what(*arguments)
    return result, [time.perf_counter() - wall, time.process_time() - cpu]


parser = argparse.ArgumentParser()
parser.add_argument("policy")
parser.add_argument("reference")
parser.add_argument("output", help="file for times and results")
parser.add_argument("--estimators", type=lambda names: names.split(","))
parser.add_argument("--prompt", type=int, nargs="+")
parser.add_argument("--sequences", type=int)
parser.add_argument("--max-new-tokens", type=int)
args = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(1)
folders = args.policy, args.reference
policy, reference = (AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32) for folder in folders)
with torch.no_grad():
    rows, sampling = timed(sample, policy, args)
assert all(len(row) == len(args.prompt) + args.max_new_tokens for row in rows)
(sums, own, k3s), measuring = timed(measure, policy, reference, rows, args)
result = {
    "sampling": sampling,
    "measuring": measuring,
    "kl": k3s.mean().item(),
    "kl_error": k3s.std().item() / len(rows) ** 0.5,
    "strength": strength(sums, own, len(rows)),
}
with open(args.output, "w") as file:
    json.dump(result, file)
