"""One exchange over HTTP: what is asked, and the errors of an answer that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import BadResponseError, ProviderError, TransportError
from polyspell.providers.failures import Explain, is_page, provider_error
from polyspell.providers.waiting import Timeout

if TYPE_CHECKING:
    import httpx2


class HttpCall(msgspec.Struct, frozen=True):
    """One exchange with a provider.

    `json` is the body, if any; or `content` is, whose type `headers` tell. `provider` and `model`
    are for errors. `timeout` and `retries` (attempts after the first) default to the transport's.
    `explain` maps the provider's own failures. `opened` is told the status and the headers of the
    answer. `end` is the data of the event after which nothing more is wanted.
    """

    method: str
    url: str
    json: Any = None
    headers: Mapping[str, str] = {}
    provider: str = ""
    model: str | None = None
    timeout: Timeout | None = None
    retries: int | None = None
    explain: Explain | None = None
    opened: Callable[[int, Mapping[str, str]], None] | None = None
    end: bytes | None = None
    content: bytes | None = None


def decode(data: bytes | str, call: HttpCall) -> Any:
    """The value of JSON that a provider sent.

    Raises:
        BadResponseError: it is not JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(call, data, f"not JSON: {error}") from error


def unreadable(call: HttpCall, data: bytes | str, why: str) -> ProviderError:
    """The error of data that is not what it should be."""
    text = data[:500].decode("utf-8", "replace") if isinstance(data, bytes) else data[:500]
    if is_page(text):
        return provider_error(200, data, provider=call.provider, model=call.model)
    return BadResponseError(
        f"{call.provider or 'The provider'} sent what cannot be read: {why}.",
        hint="Is base_url the address of an API of this kind?",
        context={**facts(call), "body": text},
    )


def nothing(call: HttpCall, response: httpx2.Response, head: bytes) -> ProviderError:
    """The error of a good answer in which there was nothing; `head` is how it began."""
    why = "no event" if head else "an empty answer"
    error = unreadable(call, head, f"{why} (content type {response.headers.get('content-type')})")
    error.context["status"] = response.status_code
    return error


def broken(call: HttpCall, error: Exception, *, begun: bool) -> ProviderError:
    """A failure of the connection, or of what makes a request."""
    import httpx2

    reason = str(error) or type(error).__name__
    name = call.provider or "the provider"
    if isinstance(error, httpx2.DecodingError):
        return BadResponseError(f"{name} sent what cannot be unpacked: {reason}.")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return TransportError(
            f"Cannot connect to {name}: {reason}.",
            hint="Is the server running, base_url right, and the network there?",
            retryable="CERTIFICATE_VERIFY_FAILED" not in reason,
        )
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        when = "in the middle of its answer" if begun else "before it answered"
        return TransportError(
            f"The connection to {name} broke {when}: {reason}.", hint="Try again."
        )
    if isinstance(error, httpx2.LocalProtocolError):
        reason = "a header is not valid"  # the library's words hold the header, which holds the key
    return TransportError(
        f"The request to {name} cannot be sent: {reason}.",
        hint="Check base_url, the headers and the key for characters that do not belong there.",
        retryable=False,
    )


def moved(call: HttpCall, where: str) -> ProviderError:
    """The error of a redirect to another origin."""
    return BadResponseError(
        f"{call.provider or 'The provider'} redirects to {where}.",
        hint="Set base_url to that address, if you trust it: keys are not sent to another host.",
        retryable=False,
    )


def facts(call: HttpCall) -> dict[str, Any]:
    """What an error's context says of a call."""
    url = call.url.partition("?")[0]
    known = {"provider": call.provider, "model": call.model, "url": url}
    return {name: value for name, value in known.items() if value}
