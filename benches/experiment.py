"""The article's experiment in Python on PyTorch, without its figure: what `make bench` measures klgrad against.

The computation is that of Xiaobo Yang's program, operation for operation: each estimator takes its log-probabilities
anew, and each mean is differentiated by itself. Gradients, and the averages that it prints, are those of
`klgrad reproduce` at the same settings.
"""

import argparse

import numpy as np
import torch
from torch.distributions import Normal


def setup_distributions():
    mu, sigma = torch.tensor(0.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    return Normal(mu, sigma), Normal(torch.tensor(1.0), torch.tensor(1.1)), (mu, sigma)


def kl_divergence(p, q):
    return torch.log(q.scale / p.scale) + (p.scale**2 + (p.loc - q.loc) ** 2) / (2 * q.scale**2) - 0.5


def k1(x, pi_theta, pi_ref):
    return pi_theta.log_prob(x) - pi_ref.log_prob(x)


def k2(x, pi_theta, pi_ref):
    return 0.5 * (pi_theta.log_prob(x) - pi_ref.log_prob(x)) ** 2


def k3(x, pi_theta, pi_ref):
    ratio = torch.exp(pi_ref.log_prob(x) - pi_theta.log_prob(x))
    return ratio - 1 - torch.log(ratio)


def reverse_k1(x, pi_theta, pi_ref):
    ratio = torch.exp(pi_ref.log_prob(x) - pi_theta.log_prob(x))
    return ratio * (pi_ref.log_prob(x) - pi_theta.log_prob(x))


def reverse_k2(x, pi_theta, pi_ref):
    return torch.exp(pi_ref.log_prob(x) - pi_theta.log_prob(x))


ESTIMATORS = {function.__name__: function for function in (k1, k2, k3, reverse_k1, reverse_k2)}


def differentiate(loss, parameters):
    loss.backward()
    gradient = [parameter.grad.item() for parameter in parameters]
    for parameter in parameters:
        parameter.grad.zero_()
    return gradient


def estimate_gradients(sample_size, num_trials, estimators):
    """For each estimator, the gradients with respect to mu and sigma, trial by trial."""
    gradients = {name: [] for name in estimators}
    for _ in range(num_trials):
        pi_theta, pi_ref, parameters = setup_distributions()
        samples = pi_theta.sample((sample_size,))
        for name in estimators:
            loss = ESTIMATORS[name](samples, pi_theta, pi_ref).mean()
            gradients[name].append(differentiate(loss, parameters))
    return gradients


def report(gradients):
    pi_theta, pi_ref, parameters = setup_distributions()
    forward = differentiate(kl_divergence(pi_theta, pi_ref), parameters)
    reverse = differentiate(kl_divergence(pi_ref, pi_theta), parameters)
    for prefix, name, true in [("", "KL", forward), ("Reverse KL - ", "Reverse KL", reverse)]:
        of_divergence = [name for name in gradients if name.startswith("reverse") == bool(prefix)]
        for index, parameter in enumerate(["mean", "standard deviation"] if of_divergence else []):
            print(f"{prefix}Average gradient value comparison ({parameter} parameter):")
            print(f"True {name} gradient: {true[index]:.6f}")
            for estimator in of_divergence:
                mean = np.mean([gradient[index] for gradient in gradients[estimator]])
                print(f"{estimator} average gradient: {mean:.6f}")
            print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample-size", type=int, default=50_000)
    parser.add_argument("--num-trials", type=int, default=1000)
    parser.add_argument("--estimators", default=",".join(ESTIMATORS), help="with commas between them")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="within an operation of PyTorch")
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    report(estimate_gradients(args.sample_size, args.num_trials, args.estimators.split(",")))


if __name__ == "__main__":
    main()
