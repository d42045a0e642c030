"""A script as a tool: it finds the arguments in `polyspell.input`, and its value is the answer."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import Any

from polyspell import Sandbox
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.scripting.sources import read_source
from polyspell.tools import Tool, ToolContext

MAX_DEPTH = 5
"""Script tools that call each other."""
_depth: ContextVar[int] = ContextVar("polyspell_wrapper_depth", default=0)


def script(
    name: str,
    path: str | Path | None = None,
    *,
    description: str,
    source: str | None = None,
    language: str | None = None,
    parameters: dict[str, Any] | None = None,
    sandbox: Sandbox | None = None,
    **options: Any,
) -> Tool:
    """A tool that runs a script in a sandbox of its own.

    Args:
        name: how it is called.
        path: a file, known by its ending; or else
        source: the script itself, and
        language: the name of its engine.
        description: tells a model what it is for.
        parameters: the short form or a JSON Schema; the script finds them in `polyspell.input`.
        sandbox: by default "untrusted": no grants. What the caller may not do, it may not either.
        options: as for Tool.

    Raises:
        ConfigError: neither a file nor a source with its language is given.
    """
    if (path is None) == (source is None) or (source is not None and language is None):
        raise ConfigError("A script tool has a path, or a source and its language.")
    sandbox = sandbox or Sandbox.of("untrusted")
    return ScriptTool(
        name, None if path is None else Path(path), source or "", language, sandbox,
        description=description,
        parameters=parameters or {"type": "object", "properties": {}},
        **options,
    )  # fmt: skip


class ScriptTool(Tool):
    """See `script`."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        source: str,
        language: str | None,
        sandbox: Sandbox,
        **options: Any,
    ) -> None:
        super().__init__(self._alone, name=name, **options)
        self._path, self._source, self._language = path, source, language
        self._sandbox = sandbox

    async def _alone(self, checked: dict[str, Any]) -> Any:
        return await self.invoke(checked, ToolContext())

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """Run the script.

        Raises:
            ScriptError: it failed, or reached a limit.
            LimitExceeded: script tools call each other too deeply.
        """
        if _depth.get() >= MAX_DEPTH:
            raise LimitExceeded(
                f"Script tools call each other more than {MAX_DEPTH} deep.",
                context={"limit": "depth", "allowed": MAX_DEPTH},
            )
        token = _depth.set(_depth.get() + 1)
        try:
            return await self._run(checked, context)
        finally:
            _depth.reset(token)

    async def _run(self, checked: dict[str, Any], context: ToolContext) -> Any:
        if context.host is None:
            from polyspell.host import default_host

            context.host = default_host()
        scripts = context.host.scripts
        source = read_source(self._path) if self._path is not None else self._source
        language = self._language or scripts.engine_of(self._path or "")
        folder = None if self._path is None else self._path.resolve().parent
        spell = await scripts.open(
            language, sandbox=self._sandbox, input=checked, folder=folder, name=self.name
        )
        async with spell:
            spell.grants = spell.grants.within(context.grants)
            return (await spell.run(source)).value
