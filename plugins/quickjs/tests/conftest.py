"""What the tests of the JavaScript engine share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from polyspell.testing.port import Driver
from polyspell_quickjs.engine import JavaScriptEngine

Open = Callable[..., Driver]


@pytest.fixture
def js() -> Iterator[Open]:
    """Opens contexts on a fake port; see `Driver`."""
    opened: list[Driver] = []

    def open_(**options: Any) -> Driver:
        opened.append(Driver(JavaScriptEngine(), **options))
        return opened[-1]

    yield open_
    for driver in opened:
        driver.close()
