"""`klgrad.audit`: of files and of arrays, with the same numbers."""

import json
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

import klgrad


@pytest.fixture
def arrays() -> dict[str, Any]:
    """Two steps of two sequences; one is a token shorter."""
    random = numpy.random.default_rng(0)
    logp = -random.exponential(size=(4, 5))
    mask = numpy.ones((4, 5), bool)
    mask[3, 4] = False
    return {"logp": logp, "ref_logp": logp - 0.1 * random.random((4, 5)), "mask": mask, "step": [1, 1, 2, 2]}


def kl_of(arrays: dict[str, Any]) -> float:
    """The mean of k2, by its formula."""
    differences = (arrays["logp"] - arrays["ref_logp"])[arrays["mask"]]
    return float((differences**2 / 2).mean())


def test_arrays_have_the_kl_of_the_formula(arrays: dict[str, Any]) -> None:
    found = klgrad.audit(arrays)
    assert found["all"]["tokens"] == 19
    # Twenty additions of 64-bit floats, of which numpy rounds each.
    assert found["all"]["kl"]["k2"]["mean"] == pytest.approx(kl_of(arrays), rel=1e-14)
    assert [step["step"] for step in found["steps"]] == [1, 2]


def test_a_file_a_list_of_files_and_arrays_are_the_same(arrays: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "arrays.npz"
    numpy.savez(file, **arrays)
    of_arrays, of_file, of_list = klgrad.audit(arrays), klgrad.audit(str(file)), klgrad.audit([file])
    assert of_arrays["all"] == of_file["all"]
    assert of_file == of_list
    # Nothing of the temporary folder is in the numbers, or anywhere else.
    assert klgrad.audit(arrays) == of_arrays


@pytest.mark.parametrize("change", [numpy.asfortranarray, lambda array: array.astype(">f8"), numpy.ndarray.tolist])
def test_arrays_may_lie_in_memory_as_they_like(change: Any, arrays: dict[str, Any]) -> None:
    moved = arrays | {"logp": change(arrays["logp"])}
    assert klgrad.audit(moved)["all"] == klgrad.audit(arrays)["all"]


def test_columns_and_losses_are_named_by_options(arrays: dict[str, Any]) -> None:
    renamed = {"mine": arrays["logp"], "theirs": arrays["ref_logp"], "a": arrays["mask"], "b": arrays["mask"][::-1]}
    own = {"small": "clamp(k2, 0, 1e-3)"}
    found = klgrad.audit(renamed, policy="mine", ref="theirs", mask=["a", "b"], estimators=["k1"], estimator=own)
    assert found["all"]["tokens"] == 18
    assert [loss["name"] for loss in found["all"]["losses"]] == ["k1", "small"]


def test_losses_make_a_data_frame(arrays: dict[str, Any]) -> None:
    frame = pandas.DataFrame(klgrad.audit(arrays)["all"]["losses"])
    assert frame.set_index("name").distance["k2"] == pytest.approx(0, abs=1e-12)


def test_the_report_is_written_to_the_folder_of_the_caller(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = klgrad.audit(arrays, output="report")
    assert (tmp_path / "report" / "report.html").is_file()
    assert json.loads((tmp_path / "report" / "audit.json").read_text()) == found


def test_audits_of_shares_add_up(arrays: dict[str, Any], tmp_path: Path) -> None:
    shares = [{name: array[half] for name, array in arrays.items()} for half in (slice(0, 2), slice(2, 4))]
    for number, share in enumerate(shares):
        klgrad.audit(share, output=tmp_path / str(number))
    merged = klgrad.audit([tmp_path / "0" / "audit.json", tmp_path / "1" / "audit.json"], merge=True)
    assert merged["all"]["kl"] == klgrad.audit(arrays)["all"]["kl"]


def test_arrays_leave_no_file_behind(arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    klgrad.audit(arrays)
    with pytest.raises(klgrad.KlgradError):
        klgrad.audit({"logp": arrays["logp"]})
    assert not list(tmp_path.iterdir())


def test_objects_are_refused_by_name(arrays: dict[str, Any]) -> None:
    ragged = numpy.array([numpy.zeros(2), numpy.zeros(3)], dtype=object)
    with pytest.raises(TypeError, match="ref_logp holds Python objects"):
        klgrad.audit(arrays | {"ref_logp": ragged})
    with pytest.raises(TypeError, match="numpy cannot take ref_logp"):
        klgrad.audit(arrays | {"ref_logp": [[-1.0], [-1.0, -2.0]]})


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (5, "paths_or_arrays is of the type int"),
        (b"x", "paths_or_arrays is of the type bytes"),
        (numpy.zeros((2, 3)), "an item of paths_or_arrays is of the type ndarray"),
        ([b"x"], "an item of paths_or_arrays is of the type bytes"),
    ],
)
def test_what_is_neither_a_path_nor_arrays_is_refused_by_name(given: Any, what: str) -> None:
    with pytest.raises(
        TypeError, match=f"^{what}; a path, a list of paths or a dict of arrays by name would be right$"
    ):
        klgrad.audit(given)


@pytest.mark.parametrize("nothing", [[], {}])
def test_nothing_to_audit_is_refused_by_name(nothing: Any) -> None:
    with pytest.raises(ValueError, match=r"^paths_or_arrays is empty; .* would be right$"):
        klgrad.audit(nothing)


def test_a_switch_is_true_or_false(arrays: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"^strict is of the type str; True or False would be right$"):
        klgrad.audit(arrays, strict="no")  # type: ignore[arg-type]


def test_an_empty_output_is_refused_as_the_program_refuses_it(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for call in (lambda: klgrad.audit(arrays, output=""), lambda: klgrad.explain("k3", output="")):
        with pytest.raises(klgrad.KlgradError, match="a value is required for '--output"):
            call()
    assert not list(tmp_path.iterdir())


def test_arrays_that_do_not_fit_are_called_as_the_parameter(arrays: dict[str, Any]) -> None:
    with pytest.raises(klgrad.KlgradError, match=r"^paths_or_arrays: the only log-probabilities are logp"):
        klgrad.audit({"logp": arrays["logp"]})
