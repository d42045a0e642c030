"""Who is at work: the run and the span that events are told under."""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import os

import msgspec

_counter = itertools.count(1)
_prefix = os.urandom(5).hex()
_pid = os.getpid()


def new_id() -> str:
    """An identifier that no other process or moment has."""
    global _prefix, _pid
    if os.getpid() != _pid:  # a forked child must not repeat its parent's
        _prefix, _pid = os.urandom(5).hex(), os.getpid()
    return f"{_prefix}{next(_counter):06x}"


class Span(msgspec.Struct, frozen=True):
    """A piece of work: `run_id` names the outermost run, `parent_id` the span around this one."""

    run_id: str
    span_id: str
    parent_id: str | None = None


_current: contextvars.ContextVar[Span | None] = contextvars.ContextVar(
    "polyspell_span", default=None
)


def current_span() -> Span | None:
    """The span that this task works in."""
    return _current.get()


def new_span(run_id: str | None = None) -> Span:
    """A span within the current one; where there is none it begins a run (of this id, if given)."""
    outer, id_ = _current.get(), new_id()
    if outer is not None:
        return Span(outer.run_id, id_, outer.span_id)
    return Span(run_id or id_, id_)


def enter_span(span: Span) -> contextvars.Token[Span | None]:
    """Work in a span from now on; hand the token to `leave_span`."""
    return _current.set(span)


def own_context() -> tuple[Span, contextvars.Context]:
    """A run of its own within the current span, and a context in which it is the current one."""
    outer, id_ = _current.get(), new_id()
    span = Span(id_, id_, outer.span_id if outer is not None else None)
    context = contextvars.copy_context()
    context.run(_current.set, span)
    return span, context


def leave_span(token: contextvars.Token[Span | None]) -> None:
    """Work in the span before. Where a step is finalised in another context there is nothing to
    restore, and that is no error."""
    with contextlib.suppress(ValueError):
        _current.reset(token)
