"""Writes tables.json: tables as the article's program makes them, of numbers of every kind; see README.md."""

import json
import random

import pandas as pd
from tabulate import tabulate

NAMES = ["k1", "k2", "k3", "reverse_k1", "reverse_k2", "k3_in_reward", "k2_lambda_shared_printed", "a"]
SPECIAL = [0.0, -0.0, 1.0, -1.5, 1e-4, 5e-5, 1.5e-4, 2.5e-4, 0.026, 99999.95, 999999.5, 1e5, 1e6, 1e15, 1e16, 1e22, 1e300,
           1e305, 5e-324, float("nan"), float("inf"), float("-inf")]


def number(kind):
    if kind == "special":
        return random.choice(SPECIAL)
    if kind == "whole":
        return float(random.randint(-20, 2_000_000))
    low, high = {"usual": (-4, 1), "any": (-9, 25)}[kind]
    return random.choice([1, 1, 1, -1]) * 10 ** random.uniform(low, high)


def column(count):
    kinds = random.choice([["usual"], ["whole"], ["special"], ["usual", "special"], ["any"], ["usual", "any", "whole", "special"]])
    return [number(random.choice(kinds)) for _ in range(count)]


def case():
    count = random.randint(1, 5)
    names, bias, stdev = random.sample(NAMES, count), column(count), column(count)
    frame = pd.DataFrame({"bias/true": bias, "stdev/true": stdev}, index=names).round(4)
    table = tabulate(frame, headers="keys", tablefmt="fancy_grid")
    return {"names": names, "bias": [repr(x) for x in bias], "stdev": [repr(x) for x in stdev], "table": table}


random.seed(8)
with open("tables.json", "w") as file:
    json.dump([case() for _ in range(80)], file, indent=1, ensure_ascii=False)
    file.write("\n")
