"""A tool around another."""

from __future__ import annotations

from typing import Any

from polyspell.tools import Tool, ToolContext


class Wrapped(Tool):
    """A tool that looks like another, and does something around its calls: `invoke` says what.

    Args:
        inner: the tool within.
        changes: other options of the tool, as for Tool.
    """

    def __init__(self, inner: Tool, **changes: Any) -> None:
        kept = (
            "name", "description", "parameters", "timeout", "needs_approval", "grants", "tags",
            "category", "version", "deprecated",
        )  # fmt: skip
        options = {name: getattr(inner, name) for name in kept}
        super().__init__(inner.run, **{**options, **changes})
        self.inner = inner

    def validate(self, arguments: dict[str, Any] | str) -> dict[str, Any]:
        """As the tool within does."""
        return self.inner.validate(arguments)

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """As the tool within does."""
        return await self.inner.invoke(checked, context)
