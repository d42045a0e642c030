"""A spell that is put away while it waits, and goes on in another process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from polyspell.errors import PolyspellError, ScriptError, ValidationError
from polyspell.scripting.engine import Call, ContextOptions, Reply
from polyspell.scripting.values import FunctionRef
from polyspell.testing.demo import API
from polyspell.testing.port import Driver, FakePort
from polyspell_python.context import MontyContext
from polyspell_python.engine import PythonEngine

KEY = b"a key that only this host knows"
PROGRAM = """
from polyspell import demo, input
import lib
counter = demo.counter(5)
def double(x):
    return 2 * x
demo.keep(double)
async def one(x):
    return await demo.later(x) + lib.value
import asyncio
found = await asyncio.gather(one(input), one(2**70))
[found, double(3), 1 / 0 if input == 0 else None]
"""
FILES = {"lib.py": "value = 100"}


class Patient(FakePort):
    """A port that leaves all that waits unanswered."""

    def ask(self, call: Call) -> Reply | None:
        """Note a call that waits."""
        if call.name == "later":
            self.calls.append(call)
            return None
        return super().ask(call)


def put_away(value: int = 1) -> bytes:
    """The program, waiting for two calls."""
    options = ContextOptions(API, values={"input": value})
    port = Patient(FILES)
    context = PythonEngine().open(options, port)
    assert isinstance(context, MontyContext)
    from polyspell.scripting.engine import Source

    context.run(1, Source(PROGRAM, name="main.py", file="main.py"))
    assert port.outcomes == {}
    sealed = context.dump(KEY)
    context.close()
    return sealed


def take_up(sealed: bytes) -> tuple[MontyContext, Patient]:
    port = Patient(FILES)
    context = PythonEngine().restore(sealed, KEY, ContextOptions(API), port)
    assert isinstance(context, MontyContext)
    return context, port


def answer(context: MontyContext, port: Patient) -> None:
    for call in port.calls:
        context.answer(Reply(call.id, call.arguments[0]))


def test_a_spell_goes_on_where_it_was_put_away() -> None:
    context, port = take_up(put_away())
    assert context.tasks == (1,)
    assert [call.arguments for call in port.calls] == [[1], [2**70]]
    answer(context, port)
    assert port.outcomes[1].value == [[101, 2**70 + 100], 6, None]
    context.call(2, 1, [21])
    assert port.outcomes[2].value == 42
    assert context.get("double") == FunctionRef(1, "double", None, context.get("double").parameters)
    context.close()


def test_an_error_after_it_was_put_away_has_its_line() -> None:
    context, port = take_up(put_away(0))
    answer(context, port)
    error = port.outcomes[1].error
    assert error is not None
    assert (error["context"]["line"], error["context"]["file"]) == (12, "main.py")
    context.close()


def test_a_spell_goes_on_in_another_process(tmp_path: Path) -> None:
    file = tmp_path / "spell"
    file.write_bytes(put_away())
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_snapshots import answer, take_up
context, port = take_up(Path({str(file)!r}).read_bytes())
answer(context, port)
print(port.outcomes[1].value)
context.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == str([[101, 2**70 + 100], 6, None]), done.stderr


def test_a_snapshot_that_was_changed_or_has_another_key_is_refused() -> None:
    sealed = put_away()
    engine, options = PythonEngine(), ContextOptions(API)
    for place in (0, 31, 32, 100, len(sealed) - 1):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(ValidationError, match="seal"):
            engine.restore(changed, KEY, options, FakePort())
    with pytest.raises(ValidationError, match="seal"):
        engine.restore(sealed, b"another key of the same size...", options, FakePort())
    with pytest.raises(ValidationError, match="seal"):
        engine.restore(sealed[:20], KEY, options, FakePort())


def test_a_short_key_is_refused() -> None:
    with Driver(PythonEngine()) as driver:
        driver.start("from polyspell import demo\nawait demo.later(1)")
        assert isinstance(driver.context, MontyContext)
        with pytest.raises(ValidationError, match="16 bytes"):
            driver.context.dump(b"short")


def test_only_what_has_started_can_be_put_away() -> None:
    context = MontyContext(ContextOptions(API), FakePort())
    with pytest.raises(ScriptError):
        context.dump(KEY)


def test_a_snapshot_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = put_away()
    monkeypatch.setattr("polyspell_python.snapshots.made_by", lambda: "another")
    with pytest.raises(PolyspellError, match="was made by") as caught:
        PythonEngine().restore(sealed, KEY, ContextOptions(API), FakePort())
    assert caught.value.code == "snapshot_version"
