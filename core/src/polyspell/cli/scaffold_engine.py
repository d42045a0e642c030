"""The template of an engine: a small language of a stack, whole and tested by the kit."""

from __future__ import annotations

ENGINE = {
    "src/polyspell_$module/__init__.py": '''\
"""The language `$module`. Importing this module costs nothing."""

from polyspell import EngineInfo, hookimpl


@hookimpl
def polyspell_engines():
    load = "polyspell_$module.engine:Engine"
    return [EngineInfo(name="$module", extensions=(".$module",), load=load)]
''',
    "src/polyspell_$module/engine.py": r'''
"""The language: values as JSON writes them, and words that work on a stack of values.

6 7 *                                # the result is what is left on top
"Oslo" -> city                       # a variable
"echo/echo" city agent.run/2         # a function of the host, with so many arguments
"""

import json
import operator
import re
from types import SimpleNamespace

from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.engine import Call, EngineFacts, Outcome, Stats
from polyspell.scripting.limits import Meter
from polyspell.scripting.values import verify

_LITERAL = json.JSONDecoder()
_SPACE = re.compile(r"(\s|#.*)*")
_WORD = re.compile(r"->\s*\w+|[\w.]+/\d+|[^\s#\"\[{]+")
_NUMBER = re.compile(r"-?\d.*|true|false|null")
_HOST = re.compile(r"(?:polyspell|(\w+(?:\.\w+)*))\.(\w+)/(\d+)")
_SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_DEEPEST = 1_000  # values on the stack


class Engine:
    """Opens contexts. It is made without arguments, in the host and in each worker."""

    facts = EngineFacts("$module", "$title", "0.1", frozenset({"async"}))

    def open(self, options, port):
        return Context(options, port)


class Context:
    """One instance of the language. No method waits: each returns when no task can go on."""

    def __init__(self, options, port):
        self._port = port
        self._globals = dict(options.values)
        self._known = {(m.name, f.name) for m in options.api.modules for f in m.functions}
        self._meter = Meter(options.limits)
        self._tasks = {}  # by number: what has not ended
        self._calls = {}  # by number: the task that waits for its answer
        self._count = 0

    def run(self, task, source):
        """Start a task with a program."""
        if not self._tasks:
            self._meter.start()
        state = SimpleNamespace(task=task, source=source, stack=[], at=0, line=1)
        self._tasks[task] = state
        try:
            state.words = _read(state)
        except PolyspellError as error:
            self._finish(state, error=error)
        else:
            self._work(state)

    def answer(self, reply):
        """What came of a call for which the port had no reply at once."""
        state = self._calls.pop(reply.call, None)
        if state is not None:
            self._work(state, reply)

    def cancel(self, task):
        """End a task, whatever it does."""
        if task in self._tasks:
            self._finish(self._tasks[task], error=ScriptError("Cancelled.", code="cancelled"))

    def call(self, task, function, arguments):
        """Call a function of the script: the language has none."""
        error = ScriptError("There are no functions.", code="not_found").to_dict()
        self._port.finish(Outcome(task, error=error))

    def release(self, functions):
        """The host gives functions back."""

    def get(self, name):
        """A global; None where there is none."""
        return self._globals.get(name)

    def set(self, name, value):
        """Set a global."""
        verify(value)
        self._globals[name] = value

    def stats(self):
        """What was used."""
        return Stats(cpu=self._meter.work)

    def close(self):
        """Tasks that wait end without an outcome."""
        self._tasks.clear()
        self._calls.clear()

    # -- the work -------------------------------------------------------------------------------

    def _work(self, state, reply=None):
        """Go on with a task until it waits or ends."""
        self._meter.enter()
        try:
            waits = self._take(state, reply) if reply else False
            while not waits and state.at < len(state.words):
                if limit := self._meter.over():
                    raise self._meter.error(limit)
                state.line, word = state.words[state.at]
                state.at += 1
                waits = self._do(state, word)
        except PolyspellError as error:
            self._finish(state, error=error)
        except (IndexError, TypeError, ArithmeticError, LookupError) as error:
            self._finish(state, error=ScriptError(f"{type(error).__name__}: {error}"))
        else:
            if not waits:
                self._finish(state, value=state.stack[-1] if state.stack else None)
        finally:
            self._meter.leave()

    def _do(self, state, word):
        """Do one word; whether the task waits now."""
        stack = state.stack
        if not isinstance(word, str):
            (value,) = word  # a literal
            stack.append(value)
        elif host := _HOST.fullmatch(word):
            return self._ask(state, host[1] or "", host[2], int(host[3]))
        elif word.startswith("->"):
            self._globals[word[2:].strip()] = stack.pop()
        elif word in _SUMS:
            right, left = stack.pop(), stack.pop()
            stack.append(_SUMS[word](left, right))
        elif word == "print":
            self._port.output("stdout", f"{stack.pop()}\n")
        elif word == "fail":
            raise ScriptError(str(stack.pop()))
        elif word == "again":  # from the beginning, for ever
            stack.clear()
            state.at = 0
        elif word in self._globals:
            stack.append(self._globals[word])
        else:
            raise ScriptError(f"{word!r} is not defined.")
        if len(stack) > _DEEPEST:
            raise ScriptError("Too much is on the stack.")
        return False

    def _ask(self, state, module, name, arguments):
        if (module, name) not in self._known:
            raise ScriptError(f"There is no function {module}.{name}.")
        given = [state.stack.pop() for _ in range(arguments)][::-1]
        verify(given)
        self._count += 1
        reply = self._port.ask(Call(self._count, state.task, module, name, given))
        if reply is not None:
            return self._take(state, reply)
        if state.task in self._tasks:
            self._calls[self._count] = state
        return True

    def _take(self, state, reply):
        """Take a reply; the task does not wait any more."""
        if reply.error is not None:
            raise PolyspellError.from_dict(reply.error)
        state.stack.append(reply.value)
        return False

    def _finish(self, state, value=None, error=None):
        """End a task, with a value or an error that tells its place."""
        if self._tasks.pop(state.task, None) is None:
            return
        self._calls = {n: s for n, s in self._calls.items() if s is not state}
        if error is None:
            try:
                verify(value)
            except PolyspellError as problem:
                value, error = None, problem
        told = error and error.to_dict()
        if told:
            name, line = state.source.name, state.line
            text = [*state.source.text.splitlines(), ""][line - 1]
            frame = {"function": "program", "file": name, "line": line}
            place = {"file": name, "line": line, "source": text, "frames": [frame]}
            told["context"] = {**told.get("context", {}), **place}
        self._port.finish(Outcome(state.task, value, told))


def _read(state):
    """The words of a program, each with its line; a literal is a tuple.

    Raises:
        ScriptError: code `script_syntax`.
    """
    words, at, text = [], 0, state.source.text
    while (at := _SPACE.match(text, at).end()) < len(text):
        state.line = text.count("\n", 0, at) + 1
        word = _WORD.match(text, at)
        if word is None or _NUMBER.fullmatch(word[0]):
            try:
                value, at = _LITERAL.raw_decode(text, at)
            except ValueError as error:
                raise ScriptError(str(error), code="script_syntax") from None
            words.append((state.line, (value,)))
        else:
            words.append((state.line, word[0]))
            at = word.end()
    return words
'''.lstrip(),
    "tests/test_$module.py": r'''
from polyspell.testing import EngineContract

from polyspell_$module.engine import Engine

FUNCTIONS = """double callback callback_waits callback_nested callback_fails callbacks keep all
    all_pending all_fails all_empty batch functions endless_callback recursion frames"""
MODULES = """import lib import_twice import_nested nested import_missing import_broken broken
    import_cycle cycle_a cycle_b"""
ERRORS = """catch_own catch_host catch_host_later rethrow catch_exhausted endless_caught
    flood_caught wait_caught"""
OBJECTS = """record handle handle_waits handle_missing handle_closes handle_drop stream
    stream_break close_on_break"""
VALUES = "bytes nan_key odd_key cycle unsendable shared_bomb"
MEMORY = "memory memory_caught moment memory_limit memory_peak"


class Test$title(EngineContract):
    engine = Engine()
    extension = "$module"
    snippets = {
        "answer": "6 7 *",
        "nothing": "# nothing",
        "text": '"hällo 🌍"',
        "input": "input",
        "print": '"one" print "two" print',
        "set_global": "5 -> shared",
        "get_global": "shared",
        "session_1": "20 -> x",
        "session_2": "x 22 +",
        "call": '2 {"b": 3} demo.add/2',
        "wait": '"x" demo.later/1',
        "root": '5 polyspell.sleep/1 "slept"',
        "naming": "demo.two_words/0",
        "missing_function": "demo.nonsense/0",
        "missing_argument": "demo.apply/0",
        "log": '"noted" log.info/1',
        "handle_back": "demo.counter/0 demo.kind/1",
        "record_back": '"hi" demo.result/1',
        "throw": '1\n"boom" fail',
        "throw_after_wait": '1 demo.later/1\n"boom" fail',
        "syntax": "1\n[1,",
        "uncaught_host": "1\ndemo.forbidden/0",
        "empties": "[[], {}]",
        "big": "9007199254740993",
        "holes": "[1, null, 3]",
        "deep": "[" * 100 + "]" * 100,
        "lone_surrogate": '"\\ud800"',
        "endless": "again",
        "endless_waiting": "1 demo.later/1 again",
        "flood": '"x" print again',
    }
    lacks = {
        **dict.fromkeys(FUNCTIONS.split(), "there are no functions"),
        **dict.fromkeys(MODULES.split(), "there are no modules"),
        **dict.fromkeys(ERRORS.split(), "errors cannot be caught"),
        **dict.fromkeys(OBJECTS.split(), "values have no fields and methods"),
        **dict.fromkeys(VALUES.split(), "JSON has no such value"),
        **dict.fromkeys(MEMORY.split(), "nothing counts memory"),
    }
'''.lstrip(),
}
"""Its files, by their paths."""
