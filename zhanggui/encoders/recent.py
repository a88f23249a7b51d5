"""Keep what was asked for lately: a bounded map, the least recently used goes first (safe for many threads)."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A map of at most `size` entries.

    >>> recent = Recent[str, int](size=2)
    >>> for word in ("tea", "mug", "tea", "cup"):
    ...     recent.put(word, len(word))
    >>> recent.get("tea"), recent.get("mug"), len(recent)
    (3, None, 2)
    """

    def __init__(self, *, size: int) -> None:
        self.size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value and note that it was used."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value; the entry unused for longest makes room."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self.size:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
