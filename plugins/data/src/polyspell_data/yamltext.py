"""YAML 1.2's core schema: `no` is a text, `2026-01-01` too, and no tag makes an object.

An alias is counted as often as it would be written out, before anything is made of it.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from polyspell_data.limits import MAX_DEPTH, Options, fail, over

# The core schema, YAML 1.2.2 section 10.3.2.
_RESOLVED = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
        r"|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
)


class _Loader(yaml.SafeLoader):
    """The safe loader, with the types of the core schema and none of its own besides."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012
    yaml_constructors = {  # noqa: RUF012
        tag: make
        for tag, make in yaml.SafeLoader.yaml_constructors.items()
        if tag in (None, *(f"tag:yaml.org,2002:{t}" for t in ("null", "str", "seq")))
    }


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what either version of YAML would take for something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _map(loader: Any, node: Any) -> dict[str, Any]:
    """A table, its names as they are written; what `<<` names is put into it."""
    found: dict[str, Any] = {}
    merged: list[dict[str, Any]] = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise fail(f"The name of a value is not a text, in line {key.start_mark.line + 1}.")
        made = loader.construct_object(value, deep=True)
        parts = made if isinstance(made, list) else [made]
        if key.value == "<<" and key.style is None and all(isinstance(p, dict) for p in parts):
            merged += parts
        else:
            found[key.value] = made
    for part in merged:
        found = {**part, **found}
    return found


def _bool(loader: Any, node: Any) -> bool:
    return str(loader.construct_scalar(node)).lower() == "true"


def _int(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _float(loader: Any, node: Any) -> float:
    return float(
        loader.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan")
    )


for _kind, _pattern, _first in _RESOLVED:
    _expression = re.compile(f"^(?:{_pattern})$")
    _starts = ["" if c == "\0" else c for c in _first]
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _expression, _starts)
for _kind, _make in (("map", _map), ("bool", _bool), ("int", _int), ("float", _float)):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _make)


def read(text: str, options: Options) -> Any:
    """The data of a YAML text; several documents are a list.

    Raises:
        ToolError: it is not YAML, or has a tag.
        LimitExceeded: its aliases would make it too large.
    """
    try:
        loader = _Loader(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            _weigh(node, options, {})
            documents.append(loader.construct_document(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f" in line {mark.line + 1}" if mark is not None else ""
        raise fail(f"This is not YAML that can be read{at}: {error.problem}.") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise fail(f"This is not YAML that can be read: {str(error)[:200]}.") from None
    except RecursionError:
        over("depth", MAX_DEPTH, f"More than {MAX_DEPTH} levels within each other.")
    return documents[0] if len(documents) == 1 else documents or None


def _weigh(node: Any, options: Options, known: dict[int, int], depth: int = 0) -> int:
    """How many values a node is with its aliases written out."""
    if depth > MAX_DEPTH:
        over("depth", MAX_DEPTH, f"More than {MAX_DEPTH} levels within each other.")
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in known:
        if not known[id(node)]:
            raise fail("An alias stands within what it names.")
        return known[id(node)]
    known[id(node)] = 0  # being weighed
    parts = [n for pair in node.value for n in pair] if node.id == "mapping" else node.value
    weight = 1
    for part in parts:
        weight += _weigh(part, options, known, depth + 1)
        if weight > options.max_values:
            over("values", options.max_values, "Written out, its aliases are too many values.")
    known[id(node)] = weight
    return weight


def write(value: Any) -> str:
    """Data as YAML."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return text.removesuffix("...\n")
