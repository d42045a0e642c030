"""The error tree. Every error says what went wrong, and what to do about it.

PolyspellError
├── ConfigError             polyspell.toml, an environment variable or an option is wrong
├── PluginError             a plugin cannot be imported, loaded, or claims a taken name
├── NotFoundError           a name that nobody registered
├── ValidationError         a value does not fit its schema
├── PermissionDenied        a sandbox has no grant for what was asked
├── LimitExceeded           a limit of an agent, a budget or a sandbox was reached
├── Cancelled               the caller gave up
├── ToolError               a tool failed, or may not be called
├── ScriptError             a script failed: carries file, line, column and a stack of script frames
├── AgentError              a run could not be finished
└── ProviderError           a model provider failed
    ├── AuthError           no key, or one that was refused
    ├── QuotaError          the account is out of credit
    ├── RateLimitError      too many requests: `retry_after` seconds, where the provider says
    ├── OverloadedError     the provider cannot serve right now
    ├── ContextTooLong      the conversation does not fit into the model
    ├── ContentFiltered     the provider refused to answer
    ├── BadRequestError     the provider refused the request as malformed
    ├── BadResponseError    the provider answered something that cannot be read
    └── TransportError      the connection failed, or timed out
"""

from __future__ import annotations

from typing import Any, ClassVar

MAX_TEXT = 4000
"""Characters of a text of an error where it is told to others."""


class PolyspellError(Exception):
    """The root of all errors that Polyspell raises on purpose.

    Args:
        message: one sentence, what went wrong.
        code: a stable machine-readable name; the class has a default.
        hint: what to do next, as a sentence.
        retryable: whether the same call can succeed later without a change.
        context: JSON-serialisable facts (names, numbers, the provider's request id).
    """

    code: str = "error"
    hint: str = ""
    retryable: bool = False

    _by_code: ClassVar[dict[str, type[PolyspellError]]] = {}

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        retryable: bool | None = None,
        context: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint
        if retryable is not None:
            self.retryable = retryable
        self.context: dict[str, Any] = context or {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            PolyspellError._by_code.setdefault(cls.code, cls)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data; `from_dict` is its inverse. An empty hint and a false
        `retryable` are left out, unless the class of the code says otherwise."""
        data: dict[str, Any] = {"code": self.code, "message": self.message}
        usual = PolyspellError._by_code.get(self.code, PolyspellError)
        if self.hint or usual.hint:
            data["hint"] = self.hint
        if self.retryable or usual.retryable:
            data["retryable"] = self.retryable
        if self.context:
            data["context"] = self.context
        return data

    @staticmethod
    def from_dict(data: dict[str, Any]) -> PolyspellError:
        """Rebuild an error from `to_dict`; an unknown code gives a plain PolyspellError. Where hint
        or retryable are absent, the class says them."""
        code = str(data.get("code", "error"))
        cls = PolyspellError._by_code.get(code, PolyspellError)
        error = cls.__new__(cls)
        PolyspellError.__init__(
            error,
            str(data.get("message", "")),
            code=code,
            hint=data.get("hint"),
            retryable=data.get("retryable"),
            context=dict(data.get("context") or {}),
        )
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        return (PolyspellError.from_dict, (self.to_dict(),))


class ConfigError(PolyspellError):
    """polyspell.toml, an environment variable or an option is wrong."""

    code = "config"


class PluginError(PolyspellError):
    """A plugin cannot be imported or loaded, or claims a name that is taken."""

    code = "plugin"


class NotFoundError(PolyspellError):
    """A name that nobody registered."""

    code = "not_found"


class ValidationError(PolyspellError):
    """A value does not fit its schema. `context["errors"]` lists `{path, message}`."""

    code = "invalid"


class PermissionDenied(PolyspellError):
    """A sandbox has no grant for what was asked. `context["grant"]` would have allowed it."""

    code = "permission_denied"


class LimitExceeded(PolyspellError):
    """A limit was reached. `context` holds its name in `limit`, and `allowed` if it is a number."""

    code = "limit_exceeded"


class Cancelled(PolyspellError):
    """The caller gave up before the work was done."""

    code = "cancelled"


class ToolError(PolyspellError):
    """A tool failed or may not be called. Raise it in a tool to tell the model what went wrong."""

    code = "tool"


class AgentError(PolyspellError):
    """A run could not be finished."""

    code = "agent"


class ScriptError(PolyspellError):
    """A script failed.

    `context` holds `file`, `line`, `column` (1-based, where the engine knows them), `frames`
    (a list of `{function, file, line}`, innermost first) and `source`, the offending line. When
    another error caused it, `code`, `hint` and the rest of `context` are that error's. `output` is
    what the script printed before, where nobody else took it.
    """

    code = "script"
    output = ""

    @property
    def file(self) -> str | None:
        """The script file (or the name given to the source), if known."""
        return self.context.get("file")

    @property
    def line(self) -> int | None:
        """The 1-based line in `file`, if known."""
        return self.context.get("line")


class ProviderError(PolyspellError):
    """A model provider failed. `context` holds provider, model, status and request_id if known."""

    code = "provider"


class AuthError(ProviderError):
    """No key, or one that the provider refused."""

    code = "auth"


class QuotaError(ProviderError):
    """The account is out of credit."""

    code = "quota"


class RateLimitError(ProviderError):
    """Too many requests."""

    code = "rate_limit"
    retryable = True

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, where the provider says."""
        return self.context.get("retry_after")


class OverloadedError(ProviderError):
    """The provider cannot serve right now."""

    code = "overloaded"
    retryable = True


class ContextTooLong(ProviderError):
    """The conversation does not fit into the model."""

    code = "context_too_long"
    hint = "Shorten the conversation, or give the agent a memory with max_tokens."


class ContentFiltered(ProviderError):
    """The provider refused to answer because of its content policy."""

    code = "content_filter"


class BadRequestError(ProviderError):
    """The provider refused the request as malformed."""

    code = "bad_request"


class BadResponseError(ProviderError):
    """The provider answered something that cannot be read, or stopped in the middle."""

    code = "bad_response"
    retryable = True


class TransportError(ProviderError):
    """The connection failed or timed out."""

    code = "transport"
    retryable = True


def describe(error: BaseException) -> dict[str, Any]:
    """Any exception as plain data: a PolyspellError's own, or a bare `{code, message}`. Texts are
    shortened: what they quote may be as long as somebody liked."""
    if isinstance(error, PolyspellError):
        told = error.to_dict()
        context = told.get("context")
        if context:
            told["context"] = {name: _shortened(value) for name, value in context.items()}
        return {name: _shortened(value) for name, value in told.items()}
    text = str(error) or type(error).__name__
    return {"code": "internal", "message": _shortened(f"{type(error).__name__}: {text}")}


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{value[:MAX_TEXT]}... ({len(value)} characters)"
    return value
