"""Write docs/reference/: a page for each public part of core and one for each other member.

The pages hold a member's README and directives for mkdocstrings, which reads the docstrings and
imports nothing. A folder that comes to plugins/ or contrib/ has its page from then on. The script
API's pages are made from its declaration, the modules of installed plugins included.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference"
RELATIVE_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|#)[^)]*\)")
NOT_AN_API = {"cli"}
SECTIONS = {"script": "Scripts", "core": "Core", "plugins": "Plugins", "contrib": "Libraries"}


def parts_of(package: Path) -> list[str]:
    """The public modules and packages directly in `package`, as dotted names."""
    names = [entry.stem for entry in package.iterdir() if is_source(entry)]
    return [f"{package.name}.{name}" for name in sorted(names) if name not in NOT_AN_API]


def is_source(entry: Path) -> bool:
    """Whether it is a public module or package."""
    if entry.name.startswith(("_", ".")):
        return False
    return entry.suffix == ".py" or (entry / "__init__.py").exists()


def member_page(folder: Path) -> str:
    """The README of a member, whose relative links would lead nowhere here, and its packages."""
    readme = RELATIVE_LINK.sub(r"\1", (folder / "README.md").read_text("utf-8"))
    packages = sorted(init.parent.name for init in folder.glob("src/*/__init__.py"))
    return "\n\n".join([readme.rstrip(), *(f"::: {name}" for name in packages)]) + "\n"


def pages() -> dict[str, str]:
    """What to write: file names below docs/reference and their text."""
    core = ROOT / "core"
    made = {}
    for name in parts_of(core / "src" / "polyspell"):
        made[f"core/{name}.md"] = f"# {name}\n\n::: {name}\n    options:\n      heading_level: 2\n"
    for kind in ("plugins", "contrib"):
        for toml in sorted(ROOT.glob(f"{kind}/*/pyproject.toml")):
            made[f"{kind}/{toml.parent.name}.md"] = member_page(toml.parent)
    made |= {f"script/{name}": text for name, text in script_pages().items()}
    return {"index.md": index(made), **made}


def index(made: dict[str, str]) -> str:
    """The page that links to all others."""
    lines = ["# Reference", "", "Written from the docstrings of the source."]
    for folder, heading in SECTIONS.items():
        names = sorted(name for name in made if name.startswith(f"{folder}/"))
        lines += ["", f"## {heading}", "", *(f"- [{first_title(made[n])}]({n})" for n in names)]
    return "\n".join(lines) + "\n"


def first_title(text: str) -> str:
    """The title of a page."""
    return text.partition("\n")[0].removeprefix("# ")


def title_of(page: Path) -> str:
    """The title of a page that was written."""
    return first_title(page.read_text("utf-8"))


def script_pages() -> dict[str, str]:
    """The reference of what scripts can say."""
    from polyspell import Host
    from polyspell.scripting.stubs.markdown import pages as pages_of

    return pages_of(Host(config={}).scripts.vocabulary.api)


def main() -> None:
    """Write all pages anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for name, text in pages().items():
        page = PAGES / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
