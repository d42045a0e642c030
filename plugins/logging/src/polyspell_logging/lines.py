"""The kind `logging`: events as log lines. It listens, and wraps nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from polyspell.errors import ConfigError
from polyspell.events import Event
from polyspell.hooks import HookKind
from polyspell.hooks.secrets import Redactor

if TYPE_CHECKING:
    from polyspell.config import Keys
    from polyspell.host import Host

Level = Literal["debug", "info", "warning", "error"]
_ORDER: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}

LEVELS: dict[str, Level] = {
    "agent.run.started": "debug", "agent.run.completed": "info", "agent.run.failed": "error",
    "agent.call.cut": "warning", "agent.call.repaired": "info",
    "agent.run.cancelled": "warning", "agent.handoff": "info", "agent.approval.required": "info",
    "provider.request.started": "debug", "provider.request.completed": "info",
    "provider.request.failed": "warning", "provider.request.cancelled": "warning",
    "provider.route.skipped": "warning",
    "tool.call.started": "debug", "tool.call.completed": "info", "tool.call.failed": "warning",
    "script.run.started": "debug", "script.run.completed": "info", "script.run.failed": "error",
    "script.grant.used": "debug", "script.grant.denied": "warning",
    "script.limit.near": "warning", "script.log": "info",
}  # fmt: skip
"""The events that are logged where none are named, and how much they matter."""

CONTENT = frozenset({"text", "message", "content", "arguments", "calls", "fields"})
"""Fields that hold what users, models and tools said."""


class LoggingOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is logged, and where.

    Attributes:
        format: "json", a line of JSON for each event, or "console", for people.
        level: what matters less is left out.
        file: lines are added at its end; None: the standard error output.
        events: patterns of events to log instead of the usual ones.
        content: whether what users, models and tools said is logged too.
        logger: in Python: a structlog logger to log to, instead of a file.
    """

    format: Literal["json", "console"] = "json"
    level: Level = "info"
    file: str | None = None
    events: list[str] | None = None
    content: bool = False
    logger: Any = None


class Logging(HookKind):
    """Logs events, without secrets."""

    Options = LoggingOptions
    files: ClassVar = {"file": ["fs.write"]}

    def __init__(self, host: Host, options: LoggingOptions) -> None:
        super().__init__(host, options)
        self._least = _ORDER[options.level]
        self._content = options.content
        self._redact = Redactor(_known(host.keys)).value
        self._file = _opened(options.file) if options.file else None
        logger = options.logger or _logger(options.format, self._file)
        self._methods: dict[str, Callable[..., Any]] = {
            level: getattr(logger, level) for level in _ORDER
        }
        self._count = 0
        usual = [name for name, level in LEVELS.items() if self._wants(name, level)]
        self.listeners = dict.fromkeys(
            usual if options.events is None else options.events, self._log
        )

    def _wants(self, name: str, level: str) -> bool:
        return name == "script.log" or _ORDER[level] >= self._least

    @classmethod
    def grants(cls, options: LoggingOptions) -> list[str]:
        """Where no file is named it writes where the program does."""
        return [] if options.file else ["hook:logging"]

    def stats(self) -> dict[str, Any]:
        """How many lines were logged."""
        return {"lines": self._count}

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _log(self, event: Event) -> None:
        data = event.data
        level = LEVELS.get(event.name) or _guess(event.name)
        if event.name == "script.log":
            level = {"warn": "warning"}.get(data["level"], data["level"])
        if _ORDER.get(level, 20) < self._least:
            return
        fields = data if self._content else {k: v for k, v in data.items() if k not in CONTENT}
        if event.name == "script.log":  # what a script logs is meant to be read
            fields = {**fields, "message": data["text"]}
        fields = self._redact(fields)
        if not _TAKEN.isdisjoint(fields):
            fields = {f"{k}_" if k in _TAKEN else k: v for k, v in fields.items()}
        self._count += 1
        self._methods.get(level, self._methods["info"])(
            event.name, run_id=event.run_id, span_id=event.span_id, **fields
        )


_TAKEN = frozenset({"event", "level", "timestamp", "run_id", "span_id", "self"})


def _guess(name: str) -> Level:
    """The level of an event that is not in the table, by its last word."""
    last = name.rpartition(".")[2]
    usual: dict[str, Level] = {"started": "debug", "failed": "warning", "denied": "warning"}
    return usual.get(last, "info")


def _known(keys: Keys) -> list[str]:
    """The keys that the host has: they are found wherever they stand."""
    return [key for name in keys.names() if (key := keys.get(name))]


def _opened(path: str) -> Any:
    try:
        return Path(path).expanduser().open("ab")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}.", hint="Choose another file."
        ) from error


def _logger(format: str, file: Any) -> Any:
    import structlog

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    processors: list[Any] = [structlog.processors.add_log_level, stamp]
    if format == "json":
        raw: Any = structlog.BytesLogger(file or sys.stderr.buffer)
        encode = msgspec.json.Encoder(enc_hook=str).encode
        processors.append(
            structlog.processors.JSONRenderer(serializer=lambda data, **_: encode(data))
        )
    else:
        raw = structlog.WriteLogger(_Texts(file) if file else sys.stderr)  # type: ignore[arg-type]
        colors = file is None and sys.stderr.isatty()
        processors.append(structlog.dev.ConsoleRenderer(colors=colors))
    return structlog.wrap_logger(
        raw, processors, structlog.make_filtering_bound_logger(0), cache_logger_on_first_use=True
    ).bind()


class _Texts:
    """A file of bytes as one of text."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text."""
        self._file.write(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Write it now."""
        self._file.flush()
