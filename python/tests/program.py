"""The program of this environment, as a shell finds it."""

import shutil
import subprocess
from typing import Any


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, encoding="utf-8", **options)


def printed(*words: str, **options: Any) -> str:
    """What the program prints where it succeeds."""
    program = shutil.which("klgrad")
    assert program is not None, "klgrad is not on the path"
    ended = run(program, *words, **options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
