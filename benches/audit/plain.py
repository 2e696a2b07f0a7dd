"""What people write themselves: KL by k1, k2, k3 and the mismatch of a log in JSON lines."""

import json
import sys

import numpy as np

d, log_w = [], []
with open(sys.argv[1]) as file:
    for line in file:
        row = json.loads(line)
        mask = np.array(row["response_mask"], dtype=bool)
        old, rollout, ref = (np.array(row[key])[mask] for key in ("old_log_probs", "rollout_log_probs", "ref_log_prob"))
        d.append(old - ref)
        log_w.append(old - rollout)
d, log_w = np.concatenate(d), np.concatenate(log_w)
w = np.exp(log_w)
print("k1", d.mean(), "k2", (d**2 / 2).mean(), "k3", (np.expm1(-d) + d).mean())
print("mismatch", (w - 1 - log_w).mean(), "ess", w.sum() ** 2 / (len(w) * (w**2).sum()))
