"""The queue of texts that wait for their vectors: ordered, without repetitions, bounded."""

import heapq
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Wish(NamedTuple):
    """A text and its place in the order; `alone` after it was in a batch that failed."""

    urgency: float  # smaller is sooner
    call: int
    place: int
    text: str
    alone: bool = False


class Wishes:
    """Two heaps: texts asked for, and of these the ones found missing in the cache. Not safe for threads by itself.

    Higher priority first, then the latest call, then the order of its texts.

    >>> wishes = Wishes(capacity=9)
    >>> wishes.add(["tea", "mug"], priority=0), wishes.add(["cup"], priority=0), wishes.add(["mug"], priority=5)
    (2, 1, 1)
    >>> [wish.text for wish in wishes.asked(limit=9)]
    ['mug', 'cup', 'tea']
    """

    def __init__(self, *, capacity: int) -> None:
        self.capacity = capacity
        self._asked: list[Wish] = []
        self._missing: list[Wish] = []
        self._urgency: dict[str, float] = {}
        self._calls = 0

    def add(self, texts: Sequence[str], *, priority: float) -> int:
        """Queue texts and return how many were taken; those that wait already only move forward, never back."""
        self._calls += 1
        for place, text in enumerate(texts):
            if -priority >= self._urgency.get(text, math.inf):
                continue
            if len(self._asked) + len(self._missing) >= self.capacity:
                return place
            self._push(self._asked, Wish(-priority, -self._calls, place, text))
        return len(texts)

    def asked(self, *, limit: int) -> list[Wish]:
        """Take the most urgent wishes nobody has looked up yet; they still count as waiting."""
        return self._take(self._asked, lambda taken, _: len(taken) < limit)

    def missing(self, *, limit: int, characters: int) -> list[Wish]:
        """Take the most urgent texts to encode: at most `limit`, within so many characters, at least one."""

        def fits(taken: list[Wish], wish: Wish) -> bool:
            room = len(taken) < limit and sum(len(w.text) for w in taken) + len(wish.text) <= characters
            return not taken or (room and not wish.alone and not taken[0].alone)

        return self._take(self._missing, fits)

    def lacks(self, wishes: Sequence[Wish]) -> None:
        """Note that these must be encoded."""
        for wish in wishes:
            if self._urgency.get(wish.text) == wish.urgency:
                heapq.heappush(self._missing, wish)

    def again(self, wishes: Sequence[Wish]) -> None:
        """Put a failed batch back, each text by itself; one that failed by itself goes behind all others."""
        for wish in wishes:
            if self._urgency.get(wish.text) == wish.urgency:
                urgency = math.inf if wish.alone else wish.urgency
                self._push(self._asked, wish._replace(urgency=urgency, alone=True))

    def granted(self, texts: Sequence[str]) -> int:
        """Forget texts that were handed over and return how many of them waited."""
        return sum(self._urgency.pop(text, None) is not None for text in texts)

    def __len__(self) -> int:
        return len(self._urgency)

    def _push(self, heap: list[Wish], wish: Wish) -> None:
        self._urgency[wish.text] = wish.urgency
        heapq.heappush(heap, wish)

    def _take(self, heap: list[Wish], fits: Callable[[list[Wish], Wish], bool]) -> list[Wish]:
        taken: list[Wish] = []
        while heap and (self._stale(heap[0]) or fits(taken, heap[0])):
            wish = heapq.heappop(heap)
            if not self._stale(wish):
                taken.append(wish)
        return taken

    def _stale(self, wish: Wish) -> bool:
        """Tell whether the text was granted or moved forward since."""
        return self._urgency.get(wish.text) != wish.urgency
