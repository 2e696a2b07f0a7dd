"""`klgrad.explain`: losses by name, as an expression, and as a framework's option."""

from pathlib import Path
from typing import Any

import pytest

import klgrad


@pytest.mark.parametrize(
    ("loss", "follows"),
    [
        ("k2", "KL(theta||ref)"),
        ("-D", "nothing"),
        ("clamp(k3, -10, 10)", "KL(ref||theta)"),
        ("trl:PPOConfig.kl_estimator=k3", "KL(theta||ref) - KL(ref||theta)"),
    ],
)
def test_says_what_a_loss_follows(loss: str, follows: str) -> None:
    [row] = klgrad.explain(loss)
    assert row["follows"] == follows


@pytest.mark.parametrize("loss", [5, ["k1"], b"k1", True])
def test_what_is_no_text_is_no_loss(loss: Any) -> None:
    message = f"^loss is of the type {type(loss).__name__}; a name, an expression or an option of a framework would"
    with pytest.raises(TypeError, match=message):
        klgrad.explain(loss)


def test_without_a_loss_lists_the_estimators_that_have_a_name() -> None:
    names = [row["name"] for row in klgrad.explain()]
    assert {"k1", "k2", "k3", "kl_full"} <= set(names)
    assert len(set(names)) == len(names)


def test_draws_the_figure_where_a_folder_is_named(tmp_path: Path) -> None:
    klgrad.explain("k3", output=tmp_path / "k3")
    assert {file.name for file in (tmp_path / "k3").iterdir()} == {"explain.csv", "explain.png", "explain.svg"}


def test_an_output_that_is_no_path_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^output is of the type int; a path would be right$"):
        klgrad.explain("k3", output=5)  # type: ignore[arg-type]
