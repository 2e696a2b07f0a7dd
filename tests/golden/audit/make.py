"""Writes run.jsonl, sequences as a framework dumps them, and expected.json, what klgrad audit has to say of them.

Needs numpy and arviz. Every number is computed token by token from its definition, by numpy in 64 bits.
"""

import json

import numpy as np
from arviz.stats.stats import _psislw

random = np.random.default_rng(12)
LOSSES = {
    "k1": "D",
    "k2": "D^2 / 2",
    "k3": "expm1(-D) + D",
    "k3_clamped": "clamp(expm1(-D) + D, -10, 10)",
    "to_go": "sg(after(k3)) * rho",
    "whole": "sum(D)^2 / 2",
}


def drawn(step):
    """A sequence of the padded length 48: old, rollout and reference log-probabilities in 32 bits, and a mask."""
    length = int(random.integers(1, 49))
    old = -random.gamma(0.7, 1.2, 48) - 0.002
    rollout = np.minimum(old + 0.08 * random.standard_t(4, 48), -0.001)
    reference = np.minimum(old + 0.12 * (step + 1) * random.standard_t(2, 48), -0.001)
    mask = (np.arange(48) < length) & (random.random(48) < 0.9)
    columns = [column.astype(np.float32).astype(np.float64) for column in (old, rollout, reference)]
    # Outside of the mask a file may hold anything.
    fillers = [0.0, float("nan"), 1.0]
    return [np.where(mask, column, filler) for column, filler in zip(columns, fillers)] + [mask]


def write(path, sequences):
    with open(path, "w") as file:
        for step, (old, rollout, reference, mask) in sequences:
            line = {
                "step": step,
                "old_log_probs": old.tolist(),
                "rollout_log_probs": rollout.tolist(),
                "ref_log_prob": reference.tolist(),
                "response_mask": mask.astype(int).tolist(),
            }
            file.write(json.dumps(line) + "\n")


def estimate(sums, lengths):
    mean = sums.sum() / lengths.sum()
    count = len(sums)
    error = np.sqrt(count / (count - 1) * ((sums - mean * lengths) ** 2).sum()) / lengths.sum()
    return {"mean": mean, "standard_error": error, "per_sequence": sums.mean()}


def k_hat(log_weights):
    count = len(log_weights)
    tail = int(np.ceil(min(count / 5, 3 * np.sqrt(count))))
    return float(_psislw(np.array(log_weights), -tail - 1, np.log(np.finfo(float).tiny), True)[1])


def top_share(numbers):
    largest = np.sort(numbers)[::-1]
    return largest[: int(np.ceil(len(numbers) / 1000))].sum() / largest.sum()


def after(numbers):
    return np.cumsum(numbers[::-1])[::-1]


def coefficients(name, d, rho):
    """Of one sequence: what its loss is worth, over how many, and c at each token."""
    k3 = np.expm1(-d) + d
    if name == "k1":
        return d.sum(), len(d), np.ones_like(d)
    if name == "k2":
        return (d**2 / 2).sum(), len(d), d
    if name == "k3":
        return k3.sum(), len(d), -np.expm1(-d)
    if name == "k3_clamped":
        return np.minimum(k3, 10).sum(), len(d), np.where(k3 <= 10, -np.expm1(-d), 0)
    if name == "to_go":
        return (after(k3) * rho).sum(), len(d), after(k3) * rho
    return d.sum() ** 2 / 2, 1, np.full_like(d, d.sum())


def loss(name, pieces):
    parts = [coefficients(name, d, rho) for d, rho, _ in pieces]
    c = np.concatenate([part[2] for part in parts])
    d = np.concatenate([piece[0] for piece in pieces])
    of_kl = np.concatenate([after(piece[0]) for piece in pieces]) if name in ("to_go", "whole") else d
    k3 = np.expm1(-d) + d
    dead = (c == 0) & (of_kl != 0)
    return {
        "name": name,
        "value": sum(part[0] for part in parts) / sum(part[1] for part in parts),
        "rms": np.sqrt((c**2).mean()),
        "distance": np.std(c - of_kl) / np.sqrt((of_kl**2).mean()),
        "strength": (c * of_kl).sum() / (of_kl**2).sum(),
        "dead": dead.mean(),
        "dead_share": k3[dead].sum() / k3.sum(),
        "wrong_way": (c * of_kl < 0).mean(),
        "top_share": top_share(c**2),
        "noise": np.sqrt((c**2).mean() / (d**2).mean()),
    }


def audit(sequences):
    masked_out = sum(int((~sequence[3]).sum()) for sequence in sequences)
    kept = [[column[mask] for column in (old, rollout, reference)] for old, rollout, reference, mask in sequences]
    kept = [columns for columns in kept if len(columns[0])]
    pieces = [(old - reference, np.exp(old - rollout), old - rollout) for old, rollout, reference in kept]
    lengths = np.array([len(piece[0]) for piece in pieces])
    d = np.concatenate([piece[0] for piece in pieces])
    estimators = {"k1": lambda d: d, "k2": lambda d: d**2 / 2, "k3": lambda d: np.expm1(-d) + d}
    sums = {name: np.array([k(d).sum() for d, _, _ in pieces]) for name, k in estimators.items()}
    weighted = {name: np.array([(rho * k(d)).sum() for d, rho, _ in pieces]) for name, k in estimators.items()}
    # Each number in 32 bits, from 2^e to 2^(e + 1), was rounded by at most 2^(e - 24).
    ulps = np.concatenate([2.0 ** (np.floor(np.log2(-column)) - 23) for old, _, ref in kept for column in (old, ref)])
    log_w = np.concatenate([piece[2] for piece in pieces])
    w = np.exp(log_w)
    quantiles = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999]
    return {
        "sequences": len(kept),
        "tokens": len(d),
        "masked_out": masked_out,
        "kl": {
            **{name: estimate(sums[name], lengths) for name in estimators},
            "max_abs": np.abs(d).max(),
            "rounding_floor": (ulps**2 / 12).sum() / len(d) / 2,
            "top_share": top_share(np.expm1(-d) + d),
            "quantiles": [{"at": at, "log_ratio": float(np.quantile(d, at))} for at in quantiles],
            "weighted": {name: estimate(weighted[name], lengths) for name in estimators},
        },
        "sampler": {
            "mean_abs": np.abs(log_w).mean(),
            "max_abs": np.abs(log_w).max(),
            "k1": -log_w.mean(),
            "k3": (np.expm1(log_w) - log_w).mean(),
            "ess": w.sum() ** 2 / (len(w) * (w**2).sum()),
            "ess_sequence_mean": np.mean([rho.sum() ** 2 / (len(rho) * (rho**2).sum()) for _, rho, _ in pieces]),
            "beyond_0.8_1.2": ((w < 0.8) | (w > 1.2)).mean(),
            "beyond_0.5_2": ((w < 0.5) | (w > 2)).mean(),
        },
        "tail": {"r": k_hat(-d), "rho": k_hat(log_w)},
        "losses": [loss(name, pieces) for name in LOSSES],
    }


if __name__ == "__main__":
    sequences = [(step, drawn(step)) for step in range(4) for _ in range(12)]
    write("run.jsonl", sequences)
    steps = [{"step": at, **audit([drawn for step, drawn in sequences if step == at])} for at in range(4)]
    expected = {"all": audit([drawn for _, drawn in sequences]), "steps": steps}
    with open("expected.json", "w") as file:
        json.dump(expected, file, indent=1, default=float)
