"""The program `klgrad` that was installed with this package, and how it is asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
import warnings
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, files
from numbers import Real
from pathlib import Path
from typing import Any

NAME = "klgrad"
ERROR = "error: "
WARNING = "klgrad: warning: "
SWITCHES = ("merge", "strict")
LISTS = ("estimators", "mask")


class KlgradError(Exception):
    """What the program says where it cannot do what it was asked for.

    Attributes:
        message: The program's message; options have the names of the command line in it.
        exit_code: 2 where the call is wrong, 1 where it failed.
    """

    __module__ = "klgrad"

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[KlgradError], tuple[str, int]]:
        return type(self), (self.message, self.exit_code)  # with both, so that a worker process can hand it on


def find() -> Path:
    """The path of the program that came with this package."""
    # Where `pip install --target` leaves it, which its list of files does not say.
    places = [Path(__file__).parents[1] / "bin" / NAME, *_listed()]
    places.append(Path(sysconfig.get_path("scripts"), NAME))
    for place in places:
        if place.is_file():
            return place.resolve()
    tried = ", ".join(str(place) for place in places)
    raise FileNotFoundError(f"the program klgrad is at none of {tried}; install the wheel klgrad again")


def _listed() -> list[Path]:
    try:
        return [Path(file.locate()) for file in files(NAME) or [] if file.name == NAME]
    except PackageNotFoundError:
        return []


def ask(command: str, options: Mapping[str, object], *operands: str, folder: str | None = None) -> Any:
    """What the program prints as JSON, where it runs in the folder.

    Its warnings become those of Python.
    """
    call = [str(find()), command, "--format=json", *_words(options), "--", *operands]
    ended = subprocess.run(call, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")
    if ended.returncode != 0:
        raise KlgradError(_reason(ended), ended.returncode)
    for line in ended.stderr.splitlines():
        if line.startswith(WARNING):
            warnings.warn(line.removeprefix(WARNING), stacklevel=3)
    return json.loads(ended.stdout)


def wrong(name: str, value: object, right: str) -> TypeError:
    """The error of a parameter that is of another type than what would be right."""
    return TypeError(f"{name} is of the type {type(value).__name__}; {right} would be right")


def text(name: str, value: object, right: str = "text or a number", types: tuple[type, ...] = (str, Real)) -> str:
    """The value of a parameter as a word of the command line."""
    if isinstance(value, bool) or not isinstance(value, types):
        raise wrong(name, value, right)
    try:
        usable = b"\0" not in os.fsencode(str(value))
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise ValueError(f"{name} is {value!r}; text without null characters and lone surrogates would be right")
    return str(value)


def path(name: str, value: object, right: str = "a path") -> str:
    """The value of a parameter that is a path."""
    return text(name, os.fspath(value) if isinstance(value, os.PathLike) else value, right, (str,))


def _words(options: Mapping[str, object]) -> list[str]:
    """The options as the command line has them.

    None is not given, nor is a switch that is False; lists and mappings are given item by item.
    """
    words: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is None:
            continue
        if name in SWITCHES:
            if not isinstance(value, bool):
                raise wrong(name, value, "True or False")
            words += [option] * value
        elif name == "estimator":
            if not isinstance(value, Mapping):
                raise wrong(name, value, "a dict of expressions by name")
            words += [f"{option}={text(name, key)} = {text(name, item)}" for key, item in value.items()]
        elif name in LISTS and isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
            items = [text(f"an item of {name}", item) for item in value] or [""]  # to hear what is missing
            words += [f"{option}={item}" for item in items]
        else:
            words.append(f"{option}={text(name, value)}")
    return words


def _reason(ended: subprocess.CompletedProcess[str]) -> str:
    """The message without the program's name before it, and usage and advice for a command line behind it."""
    _, error, message = ended.stderr.partition(ERROR)
    if not error:
        return ended.stderr.strip() or f"klgrad ended with the code {ended.returncode} and said nothing"
    return re.split("\n\n(?:Usage: |For more information)", message)[0].strip()
