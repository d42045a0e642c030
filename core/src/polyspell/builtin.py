"""What the core itself brings, by the same door as everybody else."""

from __future__ import annotations

from polyspell.hookspecs import OutputParserInfo, ProviderInfo, hookimpl

_PARSERS = {
    "json": "JsonParser", "yaml": "YamlParser", "markdown": "MarkdownParser", "code": "CodeParser",
    "list": "ListParser", "key_value": "KeyValueParser", "enum": "EnumParser",
    "regex": "RegexParser", "csv": "CsvParser", "xml": "XmlParser", "text": "TextParser",
    "auto": "AutoParser",
}  # fmt: skip


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """Routes."""
    return [
        ProviderInfo(
            name="route",
            load="polyspell.providers.routes:RouteProvider",
            description="Names for several models: one after the other, or in turn",
        )
    ]


@hookimpl
def polyspell_output_parsers() -> list[OutputParserInfo]:
    """The parsers of `polyspell.outputs`."""
    return [
        OutputParserInfo(name=name, load=f"polyspell.outputs.parsers:{cls}")
        for name, cls in _PARSERS.items()
    ]
