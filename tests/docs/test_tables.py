"""The tables of the documentation have what there is, no less and no more."""

from __future__ import annotations

import re
from pathlib import Path

from polyspell import errors
from polyspell.cli.app import COMMANDS
from polyspell.config import _TABLES
from polyspell.host import Host
from polyspell.scripting.limits import Limits

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, row by row."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_table_of_errors_is_the_tree() -> None:
    found = {
        cells[0].strip("`"): cells[1].strip("`") for cells in rows(page("docs/guides/errors.md"))
    }
    tree = {
        cls.__name__: cls.code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.PolyspellError)
    }
    assert {name: found.get(name) for name in tree} == tree
    assert {name for name in found if name.endswith("Error")} <= tree.keys()


def test_the_tables_of_providers_have_their_keys_and_addresses() -> None:
    """All of those that one package brings; a plugin of another may have its own page."""
    told: dict[str, str] = {}
    for row in rows(page("docs/guides/providers.md")):
        told.setdefault(row[0].strip("`"), " | ".join(row))
    for entry in Host(config={}).providers.entries():
        if entry.source != "polyspell-openai" and entry.name not in told:
            continue
        for fact in (entry.info.key_env, entry.info.url):
            assert fact is None or f"`{fact}`" in told[entry.name], (entry.name, fact)


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    text = page("docs/guides/command-line.md")
    assert [name for name in COMMANDS if f"`polyspell {name}" not in text] == []


def test_every_limit_is_on_the_page_of_the_sandbox() -> None:
    text = page("docs/guides/sandbox.md")
    assert [name for name in Limits.__struct_fields__ if f"| `{name}` |" not in text] == []


def test_every_table_of_the_configuration_is_on_its_page() -> None:
    told = set(re.findall(r"\[\[?(\w+)", page("docs/guides/configuration.md")))
    assert set(_TABLES) - told == set()


def test_the_table_of_the_readme_names_what_is_there() -> None:
    told = re.findall(r"^\| `((?:plugins|contrib)/[\w-]+)`", page("README.md"), re.MULTILINE)
    assert [name for name in told if not (ROOT / name / "pyproject.toml").exists()] == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/*/*.md"),
        ROOT / "docs/index.md",
    ]:
        if "reference" in path.parts:
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
            file, _, anchor = target.partition("#")
            if "://" in file or "reference/" in file:
                continue  # the reference is generated; the strict build checks those
            goal = path.parent / file if file else path
            if not goal.exists() or (anchor and anchor not in anchors(goal)):
                broken.append(f"{path.name}: {target}")
    assert broken == []


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}
