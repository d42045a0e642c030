"""Outputs: what a model wrote, as values. Parsers by name, detection, repair, streaming."""

from polyspell.outputs.base import OutputParser, Parsed, Parser
from polyspell.outputs.detect import detect
from polyspell.outputs.partial import PartialJson

__all__ = ["OutputParser", "Parsed", "Parser", "PartialJson", "detect"]
