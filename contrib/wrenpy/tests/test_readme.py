"""The README's examples run."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_examples_run(capsys):
    first, second, third = re.findall(r"```python\n(.*?)```", README, re.S)
    names: dict[str, object] = {}
    exec(first, names)
    exec(second, names)
    names.update(source="var done = 1", my_answer=None)
    exec(third, names)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Hello, Wren!Hello, Wren!", "Hello, Wren!", "55", "5"]
