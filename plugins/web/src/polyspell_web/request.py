"""`web_request`."""

from __future__ import annotations

import base64
import mimetypes
import os
from pathlib import PurePosixPath
from typing import Any

import httpx2
from polyspell.aio import in_thread
from polyspell.errors import ToolError
from polyspell.paths import open_file, permitted
from polyspell.tools import ToolContext, ToolOutput, tool

from polyspell_web.answers import told
from polyspell_web.fetching import Ask, fetch
from polyspell_web.hosts import checked
from polyspell_web.options import Options, options, over


@tool(name="web_request", tags=("web",))
async def request(
    context: ToolContext,
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    query: dict[str, str | int | float | bool] | None = None,
    json: Any = None,
    form: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    body: str | None = None,
    user: str | None = None,
    password: str | None = None,
    token: str | None = None,
    token_env: str | None = None,
    redirects: bool = True,
    robots: bool = False,
    timeout: float | None = None,
) -> ToolOutput:
    """Ask a server of the web. Gives {status, url, headers}, and what came as json, text or base64.

    Args:
        url: https://HOST/PATH.
        method: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS ...
        headers: more headers.
        query: added to the URL, after a question mark.
        json: sent as JSON.
        form: fields of a form.
        files: files to send with the form, field to path; each needs the grant fs.read:PATH.
        body: sent as it is.
        user: name for basic authentication.
        password: for basic authentication.
        token: a bearer token.
        token_env: the environment variable that has the bearer token; needs the grant env:NAME.
        redirects: follow them.
        robots: ask for nothing that the site's robots.txt forbids.
        timeout: seconds for all.
    """
    limits = options(context)
    known = dict(headers or {})
    if token_env is not None:
        context.grants.require(f"env:{token_env}")
        token = os.environ.get(token_env)
        if token is None:
            raise ToolError(f"There is no environment variable {token_env}.", hint="Set it.")
    if token is not None:
        known["authorization"] = f"Bearer {token}"
    if user is not None:
        pair = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
        known["authorization"] = f"Basic {pair}"
    whole = checked(url)
    if query:
        whole = whole.copy_merge_params(query)
    opened = await in_thread(_open, context, files or {}, limits)
    content, kind = _body(json, form, opened, body)
    if kind is not None and not any(name.lower() == "content-type" for name in known):
        known["content-type"] = kind
    ask = Ask(str(whole), method.upper(), known, content, redirects, robots)
    return told(await fetch(context, ask, seconds=timeout), limits.max_text)


def _open(
    context: ToolContext, files: dict[str, str], limits: Options
) -> dict[str, tuple[str, bytes, str]]:
    opened: dict[str, tuple[str, bytes, str]] = {}
    for field, path in files.items():
        real = permitted(context.grants, "fs.read", path)
        try:
            with os.fdopen(open_file(real), "rb") as file:
                data = file.read(limits.max_body + 1)
        except OSError as error:
            raise ToolError(f"{path}: {error.strerror}.", context={"path": path}) from error
        if len(data) > limits.max_body:
            raise over("max_body", limits.max_body, "Bytes of a request:")
        kind = mimetypes.guess_type(real)[0] or "application/octet-stream"
        opened[field] = (PurePosixPath(real).name, data, kind)
    return opened


def _body(
    json: Any, form: dict[str, str] | None, files: dict[str, Any], body: str | None
) -> tuple[bytes, str | None]:
    """The bytes to send and their type, None where there are none."""
    if [json is not None, bool(form or files), body is not None].count(True) > 1:
        raise ToolError("Only one of json, form (with files) and body is sent.", hint="Choose one.")
    if body is not None:
        return body.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    built = httpx2.Request("POST", "https://x/", json=json, data=form, files=files or None)
    return built.read(), built.headers.get("content-type")
