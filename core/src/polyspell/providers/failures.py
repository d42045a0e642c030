"""What a provider says when it fails, mapped to the tree of errors.

The evidence counts in this order: what the provider's own mapper says, the codes in the body, its
words, the status. The message, the codes, the status and the request's id stay in the context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from polyspell.errors import (
    AuthError,
    BadRequestError,
    BadResponseError,
    ContentFiltered,
    ContextTooLong,
    OverloadedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from polyspell.providers.patience import retry_after

Kind = type[ProviderError]
Explain = Callable[[int, Any], Kind | None]  # status, body (JSON where it is) -> a kind, or None

_CODES: dict[str, Kind] = {
    code: kind
    for kind, codes in {
        ContextTooLong: "context_length_exceeded exceed_context_size_error context_window_exceeded "
        "model_context_window_exceeded context_too_large",
        QuotaError: "insufficient_quota billing_hard_limit_reached insufficient_balance "
        "billing_error insufficient_credits exceeded_current_quota_error payment_required",
        RateLimitError: "rate_limit_exceeded rate_limit_error resource_exhausted rate_limited "
        "too_many_requests rate_limit_reached_error throttlingexception",
        ContentFiltered: "content_filter content_policy_violation responsibleaipolicyviolation "
        "moderation_blocked data_inspection_failed content_filtered",
        AuthError: "invalid_api_key authentication_error permission_error api_key_invalid "
        "unauthenticated permission_denied invalid_authentication_error unauthorized",
        OverloadedError: "overloaded_error overloaded unavailable server_overloaded "
        "engine_overloaded_error unavailable_error",
    }.items()
    for code in codes.split()
}
_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (QuotaError, r"credit balance is too low|insufficient (balance|credit|quota|funds)"),
        (RateLimitError, r"rate limit|tokens per min|requests per min"),
        (
            ContextTooLong,
            r"maximum context|context (length|window|size)|prompt (is )?too long|input is too long|"
            r"token count.{1,20}exceeds|exceeds? .{0,30}(input|context).{0,9} tokens?",
        ),
        (ContentFiltered, r"content (management |filtering )?policy|flagged (as|for)"),
        (AuthError, r"(invalid|incorrect) api.?key|api key not valid|no auth credentials"),
        (OverloadedError, r"overloaded|at capacity|(is|currently) loading|loading model"),
    )
)
_STATUSES: dict[int, Kind] = {
    401: AuthError,
    402: QuotaError,
    403: AuthError,
    408: OverloadedError,
    425: OverloadedError,
    429: RateLimitError,
}
_REQUEST_IDS = ("x-request-id", "request-id", "x-goog-request-id", "apim-request-id", "cf-ray")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_ALLOWED = re.compile(
    r"(?:maximum|max|limit|allowed|available|context size|context length)\D{0,40}?(\d+)|"
    r"(\d+)(?: tokens?)? (?:maximum|limit)",
    re.IGNORECASE,
)


def provider_error(
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
    *,
    provider: str = "",
    model: str | None = None,
    explain: Explain | None = None,
) -> ProviderError:
    """The error that a failed answer stands for.

    Args:
        status: of HTTP; 0 where the error came inside a good answer.
        body: bytes, or the JSON value of it.
        headers: of the answer.
        provider, model: whose answer it is.
        explain: the provider's own mapper: the kind of an error it knows, or None.
    """
    headers = headers or {}
    body = _decoded(body)
    page = isinstance(body, str) and is_page(body)
    message = _title(body) if page else _message(body)
    codes = [] if page else list(dict.fromkeys(_codes(body)))
    kind = (explain and explain(status, body)) or _kind(status, codes, message, page)
    given = {
        "provider": provider,
        "model": model,
        "status": status or None,
        "request_id": request_id(headers) or _field(body, "request_id"),
        "provider_message": message,
        "provider_codes": codes,
    }
    context = {name: value for name, value in given.items() if value}
    wait = retry_after(headers, list(_parts(body)), message)
    if wait is not None:
        context["retry_after"] = wait
    if kind is ContextTooLong:
        context.update(_sizes(body, message))
    said = message or f"HTTP {status}"
    if page:
        said = f"a web page, not an API's answer ({said})"
    text = f"{provider or 'The provider'}: {said.rstrip('.')}."
    return kind(
        text,
        hint=_hint(kind, status, page, provider),
        retryable=_retryable(kind, headers, message, page),
        context=context,
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """The provider's name for a request, which its support asks for."""
    return next((headers[name] for name in _REQUEST_IDS if headers.get(name)), None)


def is_page(text: str) -> bool:
    """Whether a text is a web page."""
    return text[:500].lstrip("\ufeff \t\r\n").lower().startswith(("<!doctype html", "<html"))


# -- what it says -------------------------------------------------------------------------------


def _decoded(body: Any) -> Any:
    if not isinstance(body, bytes):
        return body
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode("utf-8", "replace").strip()


def _parts(body: Any) -> Iterator[dict[str, Any]]:
    """The objects that may say what is wrong, the most telling first."""
    body = body[0] if isinstance(body, list) and body else body
    if isinstance(body, dict):
        error = body.get("error")
        if isinstance(error, dict):
            yield error
        yield body


def _message(body: Any) -> str:
    if isinstance(body, str):
        return body[:500]
    for part in _parts(body):
        upstream = part.get("metadata")
        raw = upstream.get("raw") if isinstance(upstream, dict) else None
        for said in (raw, *(part.get(key) for key in ("message", "error", "detail", "title"))):
            if text := _text(said):
                return text
    return "" if not body else msgspec.json.encode(body).decode()[:500]


def _text(said: Any) -> str:
    """A message, which may be JSON of another provider's answer, or a list of complaints."""
    if isinstance(said, str):
        inner = _decoded(said.encode()) if said.startswith("{") else None
        return _message(inner) if isinstance(inner, dict) else said
    if isinstance(said, list) and said and all(isinstance(item, dict) for item in said):
        texts = [f"{'.'.join(map(str, i.get('loc', ())))}: {i.get('msg', i)}" for i in said]
        return "; ".join(texts).replace("body.", "")
    return _message(said) if isinstance(said, dict) else ""


def _codes(body: Any) -> Iterator[str]:
    for part in _parts(body):
        inner = part.get("innererror")
        details = [d for d in part.get("details") or () if isinstance(d, dict)]
        for place in (part, *([inner] if isinstance(inner, dict) else ()), *details):
            for key in ("code", "type", "status", "reason", "__type"):
                value = place.get(key)
                if isinstance(value, str) and value != "error":
                    yield value


def _title(page: str) -> str:
    found = _TITLE.search(page)
    return " ".join(found[1].split())[:200] if found else ""


def _field(body: Any, name: str) -> Any:
    return next((part[name] for part in _parts(body) if part.get(name)), None)


# -- what it means ------------------------------------------------------------------------------


def _kind(status: int, codes: list[str], message: str, page: bool) -> Kind:
    if page:
        known = OverloadedError if status >= 500 else BadResponseError
        return RateLimitError if status == 429 else known
    for code in codes:
        if kind := _CODES.get(code.lower()):
            return kind
    for kind, words in _WORDS:
        if words.search(message):
            return kind
    if status in _STATUSES:
        return _STATUSES[status]
    if status == 0 and any(code.lower().startswith("invalid") for code in codes):
        return BadRequestError
    if status >= 500 or status == 0:
        return OverloadedError
    return BadRequestError if status >= 400 else BadResponseError


def _retryable(kind: Kind, headers: Mapping[str, str], message: str, page: bool) -> bool:
    if headers.get("x-should-retry") == "false" or "request too large" in message.lower():
        return False
    return kind.retryable and not (page and kind is BadResponseError)


def _hint(kind: Kind, status: int, page: bool, provider: str) -> str:
    if page:
        return "Does a proxy answer instead of the provider? Check base_url, and the network."
    if kind is AuthError:
        return f"Check the key: `polyspell keys set {provider}`."
    if kind is QuotaError:
        return "Add credit to the account, or choose another provider."
    if status == 404:
        return "Check the model's name (`polyspell models`) and base_url."
    return kind.hint


def _sizes(body: Any, message: str) -> dict[str, int]:
    """The tokens that were given and allowed, from fields of the body or from its words."""
    given, allowed = _field(body, "n_prompt_tokens"), _field(body, "n_ctx")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", message)
    numbers = [int(n) for n in re.findall(r"\d{2,}", text)]
    if not isinstance(allowed, int) and (found := _ALLOWED.search(text)):
        allowed = int(found[1] or found[2])
    if not isinstance(given, int) and isinstance(allowed, int):
        given = max((n for n in numbers if n > allowed), default=None)
    sizes = {"given_tokens": given, "allowed_tokens": allowed}
    return {name: size for name, size in sizes.items() if isinstance(size, int)}
