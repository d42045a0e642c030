"""What a scripting engine is: the protocol that four languages implement.

An engine opens *contexts*. A context runs script code in *tasks* (the main program, and each call
of a script function by the host), all in one thread, switching between them where they wait. It
speaks to the host through a *port* only, and both sides see plain values only, so that the same
context works in the host's process (the port is the gate itself) and in a worker (the port is a
socket).

    host                          context
     run(task, source)  ────────▶  starts a task
                        ◀────────  port.ask(Call)      the script calls a host function
     answer(Reply)      ────────▶  the task goes on    (or the reply came at once)
     call(task, fn, args) ──────▶  starts a task       (a tool that the script defined)
                        ◀────────  port.finish(Outcome)

Every method of a context returns when no task can go on without the host: it never waits itself.
An engine is synchronous code and knows nothing of asyncio, sockets, grants or the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from polyspell.scripting.declare import Api
from polyspell.scripting.limits import Limits
from polyspell.scripting.values import HandleRef

Feature = Literal[
    "modules", "async", "snapshots", "fuel", "debugging", "hot_reload", "types", "typescript",
    "memory_limit", "threads",
]  # fmt: skip
Isolation = Literal["inline", "process"]


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Code to run. `name` stands in errors and stacks (a path as the user wrote it); `file` is
    what its imports are relative to; `interactive` runs one entry of a REPL, whose value is that
    of its last expression and whose variables stay; `types` has its types checked first (engines
    with the feature "types"; errors have the code `script_types`)."""

    text: str
    name: str = "script"
    file: str | None = None
    interactive: bool = False
    types: bool = False


class ContextOptions(msgspec.Struct, frozen=True):
    """What a context is opened with.

    `api` is what the script sees of the host; `values` are constants in the module `polyspell`
    (`args`, `input`, `host`); `trusted` lifts what only protects the host from the script;
    `killable` says that a process of the context's own ends where the engine does not.
    """

    api: Api
    limits: Limits = Limits()
    values: dict[str, Any] = {}
    trusted: bool = False
    killable: bool = False


class Call(msgspec.Struct, frozen=True):
    """A script calls the host: `id` is new in its context, `task` is who calls. `target` is an API
    module's name ("" for the root module) or a handle; `arguments` are as the script gave them, a
    trailing table of options included. The module "host" is reserved for the engine itself:

    - `load(specifier, importer)` gives `{"name", "source", "file"}` of a module file: `specifier`
      as the script wrote it, `importer` the `file` of who asks. Answered at once.

    `size` is about how many bytes the arguments are, where a trusted engine knows; 0 lets the host
    weigh them. `late` says that the script does not wait for the reply now (it collects calls, in a
    batch say): it may come by `Context.answer`, though the function is answered at once.
    """

    id: int
    task: int
    target: str | HandleRef
    name: str
    arguments: list[Any]
    size: int = 0
    late: bool = False


class Reply(msgspec.Struct, frozen=True):
    """The host's answer to a call: a value, or an error as `PolyspellError.to_dict` gives it."""

    call: int
    value: Any = None
    error: dict[str, Any] | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How a task ended: a value, or an error. `error` is as `PolyspellError.to_dict` gives it, its
    context with file, line, column, frames (`[{function, file, line}]`, innermost first). `fatal`
    says that the context cannot be used any more (a limit was hit inside it)."""

    task: int
    value: Any = None
    error: dict[str, Any] | None = None
    fatal: bool = False


class Port(Protocol):
    """Where a context sends what its script wants."""

    def ask(self, call: Call) -> Reply | None:
        """A host call. A reply at once, or None: it will come by `Context.answer`.

        Functions whose declaration says `waits` false are answered at once unless `call.late`.
        """
        ...

    def finish(self, outcome: Outcome) -> None:
        """A task has ended."""
        ...

    def output(self, stream: str, text: str) -> None:
        """The script printed: `stream` is "stdout" or "stderr", `text` with its line ends.

        Raises:
            LimitExceeded: that is more than it may print; the engine ends the task with it.
        """
        ...

    def drop(self, handles: Sequence[int]) -> None:
        """The script no longer holds these handles."""
        ...


class Stats(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a context has used. None is what it cannot tell.

    Attributes:
        memory: bytes that it holds now.
        cpu: seconds of its own work.
        peak: the most bytes that it was seen to hold since its first task began (a task begun while
            no other was there). Where an engine looks only now and then, its guide says when.
    """

    memory: int | None = None
    cpu: float = 0.0
    peak: int | None = None


@runtime_checkable
class Context(Protocol):
    """A running instance of a language, with its globals. See the module's docstring."""

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program. Errors in the program are outcomes, not exceptions."""
        ...

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Start a task that calls a script function (`FunctionRef.id`).

        A last argument `Record("keywords", {...})` gives arguments by name to a function whose
        `FunctionRef.parameters` says that it takes them so.
        """
        ...

    def answer(self, reply: Reply) -> None:
        """The reply to a call for which `ask` gave None. Unknown calls are ignored."""
        ...

    def cancel(self, task: int) -> None:
        """End a task with the error code "cancelled". Unknown tasks are ignored."""
        ...

    def release(self, functions: Sequence[int]) -> None:
        """The host gives back functions: a function that has crossed several times is kept until it
        was given back as often. Unknown ones are ignored."""
        ...

    def get(self, name: str) -> Any:
        """A global of the script; None where there is none.

        Raises:
            ValidationError: it cannot cross.
        """
        ...

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        ...

    def stats(self) -> Stats:
        """What the context has used so far. Of a `threaded` engine it is asked for from other
        threads, too, while the script works."""
        ...

    def close(self) -> None:
        """Free everything. Tasks that still wait end without an outcome."""
        ...


class EngineFacts(msgspec.Struct, frozen=True):
    """What an engine can do, for `polyspell engines` and for scripts and hosts that ask.

    `threaded`: its contexts block and so are driven from a thread of their own; those of trusted
    scripts (`ContextOptions.trusted`) are not, they run in the thread of the host's event loop.
    `warm`: code that a worker template runs once before it forks ("module:function").
    `trusted_version`: of what runs trusted scripts, where that is another than the rest have.
    """

    name: str
    language: str
    version: str
    features: frozenset[str] = frozenset()
    isolations: tuple[Isolation, ...] = ("inline", "process")
    threaded: bool = False
    warm: str | None = None
    trusted_version: str = ""

    def version_for(self, trusted: bool) -> str:
        """The version of what runs scripts that are trusted, or those that are not."""
        return (trusted and self.trusted_version) or self.version


@runtime_checkable
class Engine(Protocol):
    """A language. Made without arguments, in the host and in each worker.

    One that is `threaded` and has worker processes of its own may have a method `hardening()`: it
    starts one, if need be, and gives its `HardeningReport`.
    """

    facts: EngineFacts

    def open(self, options: ContextOptions, port: Port) -> Context:
        """A new context with nothing in it but the language and the module `polyspell`."""
        ...
