"""Whether a robots.txt lets an agent ask for a URL."""

from __future__ import annotations

from typing import Any


def robots(data: bytes, given: dict[str, Any]) -> dict[str, bool]:
    """What the file says: {allowed}.

    Args:
        data: the file.
        given: the `url` and the `agent`.
    """
    from protego import Protego

    rules = Protego.parse(data.decode("utf-8", "replace"))
    return {"allowed": bool(rules.can_fetch(given["url"], given["agent"]))}
