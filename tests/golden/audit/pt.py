"""Writes the .pt files of this folder, small ones of the shapes that trainers save. Needs torch: `python pt.py`."""

import pathlib
from collections import OrderedDict

import torch

HERE = pathlib.Path(__file__).parent


def save(name, value):
    torch.save(value, HERE / name)


class Own:
    """A class that a pickle would have to call."""


a, b = torch.tensor([-1.0, -2.0]), torch.tensor([-3.0, -4.0, -5.0])
save(
    "slime_v2.pt",  # as slime's own test has it: lists and tensors mixed, the samples not in order
    {
        "format_version": 2,
        "rollout_id": 9,
        "rank": 3,
        "samples": [
            {"sample_index": 1, "rollout_position": 1, "tokens": [7, 8, 9, 10], "loss_masks": [1, 0, 1],
             "log_probs": b, "ref_log_probs": [-3.5, -4.5, float("-inf")], "rollout_log_probs": b.double()},
            {"sample_index": 0, "rollout_position": 0, "tokens": torch.tensor([1, 2, 3]), "loss_masks": torch.tensor([1, 1]),
             "log_probs": [-1.0, -2.0], "ref_log_probs": (a - 0.5).bfloat16(), "rollout_log_probs": a},
        ],
        "dp_shards": [{"rank": 0}],
        "raw_reward": [0.5, 1.0],
    },
)
save(
    "slime_v1.pt",
    {
        "rollout_id": 4,
        "rank": 0,
        "rollout_data": {
            "log_probs": [a, b],
            "ref_log_probs": [a - 0.5, b - 0.5],
            "loss_masks": [torch.tensor([1, 1]), torch.tensor([0, 1, 1])],
            "sample_index": [10, 11],
            "response_lengths": [2, 3],
        },
    },
)
rows = torch.arange(12, dtype=torch.float32).reshape(3, 4).neg()
save(
    "openrlhf.pt",  # a view, whose rows do not follow each other
    OrderedDict(action_log_probs=rows[:, 1:], base_action_log_probs=rows[:, 1:] - 0.5, action_mask=rows[:, 1:] != -5),
)
save(
    "areal.pt",
    [
        {"logprobs": rows[:1], "ref_logp": rows[:1], "prox_logp": rows[:1], "loss_mask": torch.ones(1, 4, dtype=torch.bool)},
        {"logprobs": rows[1:], "ref_logp": rows[1:], "prox_logp": rows[1:], "loss_mask": torch.ones(2, 4, dtype=torch.bool)},
    ],
)
save(
    "nested.pt",
    {"step": 3, "meta": {"model": {"name": "small"}}, "data": {"batch": {"old_log_probs": rows, "ref_log_prob": rows - 0.5}}},
)
save("nested_samples.pt", {"run": {"steps": [{"old_log_probs": a, "ref_log_prob": a - 0.5, "step": 8}]}})
save("transposed.pt", {"old_log_probs": rows.T, "ref_log_prob": rows.T})
save("own_class.pt", {"old_log_probs": a, "ref_log_prob": a, "extra": Own()})
