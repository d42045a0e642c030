"""Which way the parts may lean on each other, read from the imports in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

DATA = {"messages", "errors", "schema"}
ABOVE_SCRIPTING = {"scripting", "cli", "testing", "host", "hookspecs", "__init__"}


def imports(source: Path) -> Iterator[tuple[str, str]]:
    """Each import below the folder `source`, wherever it stands in a file, as ("file:line", dotted
    name). `from a import b` is given as `a.b`, and a relative name in full."""
    for file in sorted(source.rglob("*.py")):
        package = file.relative_to(source).parent.parts
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            where = f"{file.relative_to(source)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from ((where, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else ()
                prefix = ".".join([*base, *filter(None, [node.module])])
                yield from ((where, f"{prefix}.{alias.name}") for alias in node.names)


def part(where: str) -> str:
    """The part of core that a file belongs to: `agents` of polyspell/agents/loop.py:3."""
    return where.split(":")[0].split("/")[1].removesuffix(".py")


def test_every_form_of_import_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "polyspell" / "agents"
    package.mkdir(parents=True)
    text = (
        "from . import loop\nfrom ..errors import E\ndef f():\n  import polyspell_lua.engine as e\n"
    )
    (package / "agent.py").write_text(text)
    assert list(imports(tmp_path)) == [
        ("polyspell/agents/agent.py:1", "polyspell.agents.loop"),
        ("polyspell/agents/agent.py:2", "polyspell.errors.E"),
        ("polyspell/agents/agent.py:4", "polyspell_lua.engine"),
    ]


def test_core_imports_no_plugin(root: Path) -> None:
    found = imports(root / "core/src")
    assert [hit for hit in found if hit[1].startswith("polyspell_")] == []


def test_data_knows_nothing_above_it(root: Path) -> None:
    own = [hit for hit in imports(root / "core/src") if hit[1].startswith("polyspell.")]
    inside = [hit for hit in own if part(hit[0]) in DATA]
    assert [hit for hit in inside if hit[1].split(".")[1] not in DATA] == []


def test_scripting_is_known_only_above_it(root: Path) -> None:
    found = [hit for hit in imports(root / "core/src") if part(hit[0]) not in ABOVE_SCRIPTING]
    assert [hit for hit in found if hit[1].startswith("polyspell.scripting")] == []


def test_a_plugin_imports_public_names_of_core_and_no_other_plugin(plugin: Path) -> None:
    own = f"polyspell_{plugin.name}"
    for where, name in imports(plugin / "src"):
        top, *rest = name.split(".")
        assert top == own or not top.startswith("polyspell_"), f"{where} imports {name}"
        hidden = top == "polyspell" and any(re.match(r"_(?!_)", word) for word in rest)
        assert not hidden, f"{where} imports {name}, which is not public"


def test_a_library_that_stands_alone_imports_nothing_of_polyspell(library: Path) -> None:
    found = imports(library / "src")
    assert [hit for hit in found if hit[1].split(".")[0].startswith("polyspell")] == []
