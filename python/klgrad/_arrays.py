"""Arrays on their way to the program: a file of numpy's in a folder that is removed afterwards."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klgrad._program import KlgradError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NAME = "arrays.npz"


@contextmanager
def stored(parameter: str, arrays: Mapping[str, ArrayLike]) -> Iterator[str]:
    """The folder in which the arrays of a parameter are the file NAME, which what the program says of it calls so."""
    try:
        import numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{parameter} holds arrays, which need numpy: {error}", name=error.name) from error
    if not arrays:
        raise ValueError(f"{parameter} is empty; arrays by name would be right")

    with tempfile.TemporaryDirectory(prefix="klgrad-") as folder:
        with zipfile.ZipFile(Path(folder, NAME), "w") as file:
            for name, array in arrays.items():
                plain = _plain(name, array)
                with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    numpy.lib.format.write_array(entry, plain, allow_pickle=False)
        try:
            yield folder
        except KlgradError as error:
            # The caller has made no file, and knows none of this name.
            raise KlgradError(error.message.replace(NAME, parameter), error.exit_code) from None


def _plain(name: str, array: ArrayLike) -> NDArray[Any]:
    """The array as the program reads it: by rows, in this machine's order of bytes."""
    import numpy

    try:
        given = numpy.asarray(array)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"numpy cannot take {name}: {error}") from error
    if given.dtype.hasobject:
        raise TypeError(f"{name} holds Python objects; numbers, or for names text, would be right")
    return given.astype(given.dtype.newbyteorder("="), order="C", copy=False)
