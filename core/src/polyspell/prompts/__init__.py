"""Prompts: templates with declared variables, kept in folders, with versions and partials."""

from polyspell.errors import ConfigError

try:
    from polyspell.prompts.library import PromptLibrary
    from polyspell.prompts.template import Template
except ImportError as error:
    raise ConfigError(
        f"Prompts need more than the core: {error}.", hint="pip install 'polyspell-core[prompts]'"
    ) from error

__all__ = ["PromptLibrary", "Template"]
