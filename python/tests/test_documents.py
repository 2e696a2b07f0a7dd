"""The examples in the documents print what stands below them."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "python/README.md"])
def test_examples_print_what_is_shown(name: str) -> None:
    blocks = re.findall(r"```python\n(>>> .*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    assert test.examples, f"{name} shows no example"
    result = doctest.DocTestRunner().run(test)
    assert result.failed == 0
