"""Which gradient a KL penalty really sends to the policy, how biased and how noisy it is.

Each function asks the program `klgrad`, which is installed with this package, and returns what it prints as JSON:
dictionaries and lists. Keyword arguments are its options. What is not given has the program's default, and
`python -m klgrad theory --help` says what each means.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from klgrad import _arrays, _program
from klgrad._program import KlgradError, ask

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["KlgradError", "audit", "explain", "theory"]

File: TypeAlias = "str | os.PathLike[str]"
Names: TypeAlias = "str | Iterable[str]"
Aggregate: TypeAlias = Literal["token-sum", "token-mean", "sequence-mean"]


def theory(
    *,
    mu_theta: float | None = None,
    sigma_theta: float | None = None,
    mu_ref: float | None = None,
    sigma_ref: float | None = None,
    mu_old: float | None = None,
    sigma_old: float | None = None,
    pair: File | Mapping[str, ArrayLike] | None = None,
    vocabulary: int | None = None,
    kl: float | None = None,
    old_kl: float | None = None,
    max_length: int | None = None,
    seed: int | None = None,
    aggregate: Aggregate | None = None,
    estimators: Names | None = None,
    estimator: Mapping[str, str] | None = None,
    sample_size: int | None = None,
) -> list[dict[str, Any]]:
    """Each estimator's exact expected gradient and its noise.

    Of normals, a row for each estimator and parameter:

    >>> rows = theory(mu_ref=0.46, sigma_ref=1.02, estimators=["k2", "k3"])
    >>> [(row["estimator"], row["parameter"], round(row["expected_gradient"], 3)) for row in rows]
    [('k2', 'mu', -0.442), ('k2', 'sigma', -0.039), ('k3', 'mu', -0.46), ('k3', 'sigma', -0.252)]

    Of softmax policies over tokens, with `vocabulary` and `kl`, or with `pair`, a row for each estimator:

    >>> [row] = theory(vocabulary=32000, kl=0.01, estimators="k3")
    >>> row["follows"], round(row["relative_bias"], 3)
    ('KL(ref||theta)', 0.085)

    Args:
        mu_theta: The mean of pi_theta; `mu_ref` and `mu_old` are those of the reference and of the policy that draws
            the samples, `sigma_theta`, `sigma_ref` and `sigma_old` the standard deviations.
        pair: Logits of your own policies: a file, or arrays by name, `theta`, `ref` and, where another policy
            draws, `old`.
        vocabulary: Makes policies over so many tokens, `kl` nats per token apart, and from `seed`; with `max_length`
            they draw sequences, and with `old_kl` another policy draws them.
        aggregate: How the tokens of a sequence make one loss.
        estimators: Names, as a list or with commas between them.
        estimator: Estimators of your own, by name: `{"mine": "clamp(k3, -10, 10)"}`.
        sample_size: Samples in a trial, for `stdev_of_mean`.

    Raises:
        KlgradError: The program's message.
        TypeError, ValueError: What no option can be; the message names the parameter.
    """
    options = dict(locals())
    rows: list[dict[str, Any]]
    if isinstance(pair, Mapping):
        with _arrays.stored("pair", pair) as folder:
            rows = ask("theory", options | {"pair": _arrays.NAME}, folder=folder)
    else:
        if pair is not None:
            options["pair"] = _program.path("pair", pair, "a path or a dict of arrays by name")
        rows = ask("theory", options)
    return rows


def explain(loss: str | None = None, *, output: File | None = None) -> list[dict[str, Any]]:
    """Which divergence a loss follows, how hard it pulls, and where it is dead or pushes the wrong way.

    >>> [row] = explain("clamp(k3, -10, 10)")
    >>> row["follows"], [round(end, 2) for end in row["stretch"]], row["pull"]
    ('KL(ref||theta)', [-2.61, 11.0], 1.0)

    Args:
        loss: An estimator's name, an expression, or an option of a framework, such as `trl:kl_estimator=k3`; without
            it there is a row for each estimator that has a name.
        output: A folder for `explain.csv` and the figure of the gradient coefficient.

    Raises:
        KlgradError: The program's message.
        TypeError, ValueError: What no option can be; the message names the parameter.
    """
    right = "a name, an expression or an option of a framework"
    operands = [] if loss is None else [_program.text("loss", loss, right, (str,))]
    folder = None if output is None else _program.path("output", output)
    rows: list[dict[str, Any]] = ask("explain", {"output": folder}, *operands)
    return rows


def audit(
    paths_or_arrays: File | Iterable[File] | Mapping[str, ArrayLike],
    *,
    merge: bool = False,
    framework: str | None = None,
    policy: str | None = None,
    old: str | None = None,
    rollout: str | None = None,
    ref: str | None = None,
    mask: Names | None = None,
    step: str | None = None,
    sequence: str | None = None,
    estimators: Names | None = None,
    estimator: Mapping[str, str] | None = None,
    strict: bool = False,
    output: File | None = None,
    threads: int | None = None,
) -> dict[str, Any]:
    """What the log-probabilities of a run tell about its KL; what `audit.json` holds.

    >>> found = audit({"logp": [[-1.0, -2.0], [-3.0, -4.0]], "ref_logp": [[-1.1, -2.0], [-3.0, -4.2]]})
    >>> round(found["all"]["kl"]["k2"]["mean"], 5)
    0.00625

    Args:
        paths_or_arrays: Files or folders of them, or arrays by the names that frameworks give them, of the shape
            (batch, time).
        framework: Who wrote the files, such as `verl` or `trl`: its names count before those of others.
        policy: The name of the column; `old`, `rollout`, `ref`, `mask`, `step` and `sequence` likewise, where their
            names do not tell.
        estimators: Names of losses and options of frameworks, as a list or with commas between them.
        estimator: Losses of your own, by name: `{"mine": "clamp(k3, -10, 10)"}`.
        merge: The files are `audit.json` of shares of a run, to be added up.
        strict: Fail at the first thing that cannot be used, instead of leaving it out.
        output: A folder for `report.html`, `audit.json`, CSV files and figures.
        threads: How many threads read the files; all cores by default. The numbers do not depend on it.

    Raises:
        KlgradError: The program's message.
        TypeError, ValueError: What no option can be; the message names the parameter.
    """
    options = dict(locals())
    del options["paths_or_arrays"]
    if output is not None:
        written = _program.path("output", output)
        # The program may run in another folder; an empty name it refuses.
        options["output"] = written and str(Path(written).absolute())
    found: dict[str, Any]
    if isinstance(paths_or_arrays, Mapping):
        with _arrays.stored("paths_or_arrays", paths_or_arrays) as folder:
            found = ask("audit", options, _arrays.NAME, folder=folder)
    else:
        found = ask("audit", options, *_paths(paths_or_arrays))
    return found


def _paths(paths: object) -> list[str]:
    name, right = "paths_or_arrays", "a path, a list of paths or a dict of arrays by name"
    if isinstance(paths, bytes) or not isinstance(paths, (Iterable, os.PathLike)):
        raise _program.wrong(name, paths, right)
    if isinstance(paths, (str, os.PathLike)):
        return [_program.path(name, paths, right)]
    found = [_program.path(f"an item of {name}", path, right) for path in paths]
    if not found:
        raise ValueError(f"{name} is empty; {right} would be right")
    return found
