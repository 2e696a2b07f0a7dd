"""Runs the article's experiment in PyTorch and writes NAME.csv and NAME.json; see README.md beside this file."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.distributions import Normal

sys.path.append(str(Path(__file__).parents[2] / "benches"))
from experiment import ESTIMATORS, kl_divergence  # noqa: E402


def distributions(args):
    pi_theta = Normal(torch.tensor(args.mu_theta, requires_grad=True), torch.tensor(args.sigma_theta, requires_grad=True))
    return pi_theta, Normal(torch.tensor(args.mu_ref), torch.tensor(args.sigma_ref))


def gradient(loss, pi_theta):
    pi_theta.loc.grad = pi_theta.scale.grad = None
    loss.backward()
    return {"mu": pi_theta.loc.grad.item(), "sigma": pi_theta.scale.grad.item()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    for option in ["mu-theta", "sigma-theta", "mu-ref", "sigma-ref"]:
        parser.add_argument(f"--{option}", type=float, required=True)
    for option in ["sample-size", "num-trials", "seed"]:
        parser.add_argument(f"--{option}", type=int, required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    pi_theta, pi_ref = distributions(args)
    true = {
        "forward": gradient(kl_divergence(pi_theta, pi_ref), pi_theta),
        "reverse": gradient(kl_divergence(pi_ref, pi_theta), pi_theta),
    }
    with open(f"{args.name}.csv", "w") as file:
        file.write("trial,estimator,parameter,gradient\n")
        for trial in range(args.num_trials):
            pi_theta, pi_ref = distributions(args)
            samples = pi_theta.sample((args.sample_size,))
            for name, estimator in ESTIMATORS.items():
                for parameter, value in gradient(estimator(samples, pi_theta, pi_ref).mean(), pi_theta).items():
                    shortest = np.format_float_positional(np.float32(value), trim="0")
                    file.write(f"{trial},{name},{parameter},{shortest}\n")
    with open(f"{args.name}.json", "w") as file:
        json.dump({"true": true, "torch": torch.__version__, **vars(args)}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
