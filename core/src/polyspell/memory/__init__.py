"""Memory: what an agent remembers between its runs."""

from polyspell.memory.conversations import ConversationInfo, Conversations
from polyspell.memory.files import FileStore
from polyspell.memory.items import Item, MemoryStats, MemoryStore
from polyspell.memory.memory import Memory
from polyspell.memory.store import InMemoryStore
from polyspell.memory.window import estimate_tokens, window

__all__ = [
    "ConversationInfo",
    "Conversations",
    "FileStore",
    "InMemoryStore",
    "Item",
    "Memory",
    "MemoryStats",
    "MemoryStore",
    "estimate_tokens",
    "window",
]
