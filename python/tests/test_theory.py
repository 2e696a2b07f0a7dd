"""`klgrad.theory`: its rows are those of the program, whatever way the policies come."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

import klgrad
from program import printed


def test_rows_are_those_that_the_program_prints() -> None:
    rows = klgrad.theory(mu_ref=0.3, sigma_ref=1.2, mu_old=-0.1, estimators=["k2", "rho_k3"], sample_size=16)
    options = ["--mu-ref=0.3", "--sigma-ref=1.2", "--mu-old=-0.1", "--estimators=k2,rho_k3", "--sample-size=16"]
    table = list(csv.DictReader(io.StringIO(printed("theory", *options, "--format=csv"))))
    assert len(rows) == len(table) == 4
    for row, line in zip(rows, table, strict=True):
        assert row["estimator"] == line["estimator"]
        assert row["stdev_of_mean"] == float(line["stdev_of_mean"])


def test_names_may_be_a_list_or_have_commas_between_them() -> None:
    assert klgrad.theory(estimators="k1,k2") == klgrad.theory(estimators=["k1", "k2"])


def test_losses_of_your_own_may_use_those_before_them() -> None:
    own = {"twice": "2 * k2", "half": "twice / 2"}
    rows = klgrad.theory(estimators=list(own), estimator=own)
    assert [row["estimator"] for row in rows] == ["twice", "twice", "half", "half"]
    assert rows[2]["expected_gradient"] == pytest.approx(rows[0]["expected_gradient"] / 2, rel=1e-12)


def test_no_name_at_all_is_a_wrong_call() -> None:
    with pytest.raises(klgrad.KlgradError, match="--estimators lacks a name"):
        klgrad.theory(estimators=[])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"mu_ref": True}, "mu_ref is of the type bool; text or a number would be right"),
        ({"mu_ref": False}, "mu_ref is of the type bool"),
        ({"mu_ref": [0.5]}, "mu_ref is of the type list"),
        ({"mu_ref": {}}, "mu_ref is of the type dict"),
        ({"estimators": b"k1"}, "estimators is of the type bytes"),
        ({"estimators": [["k1"]]}, "an item of estimators is of the type list"),
        ({"estimator": "mine = k3"}, "estimator is of the type str; a dict of expressions by name would be right"),
        ({"pair": [0.0, 1.0]}, "pair is of the type list; a path or a dict of arrays by name would be right"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(call: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}"):
        klgrad.theory(**call)


@pytest.mark.parametrize("expression", ["k1\0", "k1\ud800"])
def test_what_no_argument_can_have_is_refused_by_name(expression: str) -> None:
    with pytest.raises(ValueError, match=r"^estimator is 'k1\\.* would be right$"):
        klgrad.theory(estimator={"mine": expression})


def test_no_file_is_named_where_there_are_arrays() -> None:
    with pytest.raises(ValueError, match=r"^pair is empty; arrays by name would be right$"):
        klgrad.theory(pair={})
    with pytest.raises(klgrad.KlgradError, match=r"^pair: there is no array ref; "):
        klgrad.theory(pair={"theta": [0.0, 1.0]})


def test_arrays_say_that_they_need_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ModuleNotFoundError, match=r"^pair holds arrays, which need numpy: "):
        klgrad.theory(pair={"theta": [0.0, 1.0], "ref": [0.0, 2.0]})


def test_what_has_no_value_is_none() -> None:
    [row, _] = klgrad.theory(sigma_ref=1.5, estimators="k3")
    assert row["stdev_one_sample"] is None


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", ">f8", "int64"])
def test_logits_may_be_numbers_of_any_kind(kind: str) -> None:
    pair = {"theta": [0, 1, 2], "ref": [0, 1, 1]}
    of_kind = {name: numpy.array(logits, kind) for name, logits in pair.items()}
    [row] = klgrad.theory(pair=of_kind, estimators="k3")
    assert row["follows"] == "KL(ref||theta)"
    assert [row] == klgrad.theory(pair=pair, estimators="k3")


def test_arrays_and_their_file_are_the_same(tmp_path: Path) -> None:
    by_columns = numpy.asfortranarray(numpy.random.default_rng(1).normal(size=(4, 4)))
    pair = {"theta": by_columns, "ref": by_columns[:, ::-1], "max_length": 3}
    file = tmp_path / "pair.npz"
    numpy.savez(file, **pair)
    rows = klgrad.theory(pair=pair, estimators=["k2", "k1_to_go"])
    assert rows == klgrad.theory(pair=file, estimators=["k2", "k1_to_go"])
    assert rows[0]["mean_is"] == "exact"


def test_made_policies_take_the_options_of_tokens() -> None:
    options = {"vocabulary": 8, "kl": 0.1, "old_kl": 0.01, "max_length": 3, "seed": 7}
    [token_sum] = klgrad.theory(**options, estimators="k2")
    [sequence_mean] = klgrad.theory(**options, estimators="k2", aggregate="sequence-mean")
    assert token_sum["strength"] != sequence_mean["strength"]


def test_rows_make_a_data_frame() -> None:
    frame = pandas.DataFrame(klgrad.theory(estimators=["k2", "k3"]))
    assert frame.expected_gradient.dtype == numpy.float64
    assert list(frame.groupby("estimator").size()) == [2, 2]
