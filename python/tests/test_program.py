"""The program in the wheel: its commands, `python -m klgrad`, and what the module makes of its failures."""

import pickle
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

import klgrad
from klgrad import _program
from program import printed, run


def test_it_is_the_one_of_this_environment() -> None:
    assert _program.find().is_relative_to(Path(sys.prefix).resolve())
    assert printed("--version").split()[:2] == ["klgrad", version("klgrad")]


def test_python_m_klgrad_is_the_program_with_its_exit_codes() -> None:
    module = [sys.executable, "-m", "klgrad"]
    assert run(*module, "theory", "--estimators", "k2").stdout == printed("theory", "--estimators", "k2")
    wrong = run(*module, "theory", "--mu-ref", "x")
    assert wrong.returncode == 2
    assert "--mu-ref" in wrong.stderr


def test_frameworks_are_listed() -> None:
    assert "KL(ref||theta)" in printed("frameworks", "verl")


def test_an_audit_reads_standard_input() -> None:
    assert printed("audit", "-", input='{"logp": [-1.0], "ref_logp": [-1.5]}\n').startswith("1 token in 1 sequence")


def test_a_sweep_is_drawn(tmp_path: Path) -> None:
    printed("sweep", "--over", "mu-ref=0:1:3", "--estimators", "k2,k3", "--output", "grid", cwd=tmp_path)
    assert {file.name for file in (tmp_path / "grid").iterdir()} == {"sweep.csv", "sweep.png", "sweep.svg"}


def test_the_article_is_reproduced(tmp_path: Path) -> None:
    said = printed("reproduce", "--engine", "score", "--check", "--output", "article", cwd=tmp_path)
    assert "34 of 34 published numbers reproduced" in said
    assert (tmp_path / "article" / "figure.png").is_file()


@pytest.mark.parametrize("words", [["reproduce", "--engine", "autograd"], ["measure"]])
def test_what_needs_libtorch_says_how_to_have_it(words: list[str], tmp_path: Path) -> None:
    ended = run(str(_program.find()), *words, cwd=tmp_path)
    assert ended.returncode == 2
    assert "make reproduce" in ended.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("call", [lambda: klgrad.theory(vocabulary=9), lambda: klgrad.theory(estimators="k9")])
def test_a_wrong_call_raises_the_message_alone(call: Callable[[], object]) -> None:
    with pytest.raises(klgrad.KlgradError) as raised:
        call()
    assert raised.value.exit_code == 2
    assert raised.value.message == str(raised.value)
    assert not raised.value.message.startswith(("klgrad", "error"))
    assert not re.search("Usage|--help", raised.value.message)


@pytest.mark.parametrize("name", ["absent.jsonl", "--strict"])
def test_a_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(klgrad.KlgradError, match=f"{name} cannot be read"):
        klgrad.audit(name)


def test_an_error_goes_through_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(klgrad.KlgradError("it is wrong", 2)))
    assert (error.message, error.exit_code) == ("it is wrong", 2)


def test_warnings_of_the_program_are_warnings() -> None:
    with pytest.warns(UserWarning, match="not a number"):
        klgrad.theory(estimator={"mine": "sqrt(1 - D)"})


def test_a_missing_program_is_said_with_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_program, "NAME", "no-such-program")
    with pytest.raises(FileNotFoundError, match="no-such-program; install the wheel"):
        klgrad.explain("k3")
