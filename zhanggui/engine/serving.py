"""What a Release brings to an open shop, and which requests still run on it."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from zhanggui.engine.pipeline import Pipeline
from zhanggui.engine.space import Space


@dataclass(frozen=True, slots=True)
class Serving:
    """All that is exchanged when a shop moves to another Release; the rest of the shop is shared.

    Two Releases with the same encoder have the same `space`. `lost` names what could not be opened.
    """

    release: str
    pipeline: Pipeline
    space: Space
    lost: Sequence[str] = ()


class InUse:
    """Which Serving answers, and how many requests still run on each. Safe to call from many threads."""

    def __init__(self, first: Serving) -> None:
        self._serving = first
        self._running: Counter[int] = Counter()
        self._changed = threading.Condition()

    @property
    def latest(self) -> Serving:
        """Return the one that new requests get."""
        return self._serving

    @contextmanager
    def now(self) -> Iterator[Serving]:
        """Give the one that answers; it is not closed while whoever asked runs on it."""
        with self._changed:
            serving = self._serving
            self._running[id(serving)] += 1
        try:
            yield serving
        finally:
            with self._changed:
                self._running[id(serving)] -= 1
                if not self._running[id(serving)]:
                    del self._running[id(serving)]
                    self._changed.notify_all()

    def move(self, serving: Serving) -> Serving:
        """Let new requests run on another one, and return the one before."""
        with self._changed:
            before, self._serving = self._serving, serving
        return before

    def wait(self, serving: Serving, *, timeout: float) -> bool:
        """Wait until no request runs on it; return whether that came true within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running[id(serving)], timeout)
