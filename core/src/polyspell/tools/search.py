"""Which tools fit words: BM25 over their names, tags, categories and descriptions.

The formula is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), with its weights by field; endings of words are cut off in a simple way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from polyspell.registry import Entry
from polyspell.tools.base import Tool

_K, _B = 1.2, 0.6
_WEIGHTS = (("name", 4.0), ("tags", 3.0), ("category", 3.0), ("description", 1.0))
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDINGS = ("ing", "ions", "ion", "ers", "er", "ed", "es", "s")
_COMMON = {
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how",
    "i", "in", "is", "it", "me", "my", "of", "on", "or", "that", "the", "this", "to", "what",
    "when", "where", "which", "who", "with", "you",
}  # fmt: skip


class ToolCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What there is to know of a tool without loading its code.

    Attributes:
        name: how it is called.
        description: what it is for.
        tags: words to find it by.
        category: the one thing that it is about ("" for none).
        version: of the tool ("" where it does not say).
        deprecated: what to use instead; "" for a tool that is not deprecated.
        source: the distribution or part of the program that brought it.
    """

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    version: str = ""
    deprecated: str = ""
    source: str = ""

    @staticmethod
    def of(tool: Tool, source: str = "program") -> ToolCard:
        """The card of a tool."""
        return ToolCard(
            tool.name, tool.description, tuple(tool.tags), tool.category, tool.version,
            tool.deprecated, source,
        )  # fmt: skip

    @staticmethod
    def of_entry(entry: Entry[Tool]) -> ToolCard:
        """The card of what is registered, from its descriptor where it was not loaded yet."""
        own = ToolCard.of(entry.value, entry.source) if entry.value is not None else None
        info: Any = entry.info
        if info is None:
            return msgspec.structs.replace(own or ToolCard(entry.name), name=entry.name)
        return ToolCard(
            entry.name,
            info.description or (own.description if own else ""),
            tuple(dict.fromkeys((*info.tags, *(own.tags if own else ())))),
            info.category or (own.category if own else ""),
            info.version or (own.version if own else ""),
            info.deprecated or (own.deprecated if own else ""),
            entry.source,
        )

    def fits(self, tag: str | None = None, category: str | None = None) -> bool:
        """Whether it has the tag and is of the category, where they are given."""
        return (tag is None or tag in self.tags) and (category is None or category == self.category)


def words(text: str) -> list[str]:
    """The words of a text as they are compared: small, without common ones, endings cut off."""
    found = _WORD.findall(_HUMP.sub(" ", text).lower())
    return [_stem(word) for word in found if word not in _COMMON]


def _stem(word: str) -> str:
    if not word.endswith("ss"):
        ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) > 2), "")
        word = word.removesuffix(ending)
    return word.removesuffix("e") if len(word) > 3 else word


MAX_QUERY = 10_000
"""Characters of a query that are looked at."""


class ToolIndex:
    """Tools that can be searched.

    Args:
        cards: of the tools; deprecated ones count half.
    """

    def __init__(self, cards: Iterable[ToolCard]) -> None:
        self.cards = list(cards)
        self._found: dict[str, dict[int, float]] = {}
        self._lengths: list[float] = []
        for place, card in enumerate(self.cards):
            counts = _counted(card)
            self._lengths.append(sum(counts.values()))
            for word, count in counts.items():
                self._found.setdefault(word, {})[place] = count
        self._average = sum(self._lengths) / (len(self.cards) or 1) or 1.0

    def search(
        self, query: str, *, tag: str | None = None, category: str | None = None, limit: int = 10
    ) -> list[ToolCard]:
        """The tools that fit words best; an empty query gives all that have the tag.

        Args:
            query: words.
            tag, category: only those.
            limit: how many at most.
        """
        if not query.strip():
            return [card for card in self.cards if card.fits(tag, category)][:limit]
        scores: dict[int, float] = {}
        for word in dict.fromkeys(words(query[:MAX_QUERY])):
            self._add(scores, word)
        for place in scores:
            if self.cards[place].deprecated:
                scores[place] /= 2
        best = sorted(scores, key=lambda at: (-scores[at], at))
        fitting = (self.cards[at] for at in best if self.cards[at].fits(tag, category))
        return [card for card, _ in zip(fitting, range(limit), strict=False)]

    def _add(self, scores: dict[int, float], word: str) -> None:
        """Count what a word is worth, or half of that of the words that begin with it."""
        if word in self._found:
            self._count(scores, word, 1.0)
        elif len(word) > 2:
            for longer in [w for w in self._found if w.startswith(word)]:
                self._count(scores, longer, 0.5)

    def _count(self, scores: dict[int, float], word: str, part: float) -> None:
        places = self._found[word]
        rarity = math.log(1 + (len(self.cards) - len(places) + 0.5) / (len(places) + 0.5))
        for place, count in places.items():
            long = 1 - _B + _B * self._lengths[place] / self._average
            worth = part * rarity * count * (_K + 1) / (count + _K * long)
            scores[place] = scores.get(place, 0.0) + worth


def _counted(card: ToolCard) -> dict[str, float]:
    """How often each word stands in a card, by the weight of where it stands."""
    counts: dict[str, float] = {}
    for field, weight in _WEIGHTS:
        value = getattr(card, field)
        for word in words(value if isinstance(value, str) else " ".join(value)):
            counts[word] = counts.get(word, 0.0) + weight
    return counts
