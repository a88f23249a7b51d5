"""What is told of moves to other Releases: the one being prepared, and how those before ended."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from zhanggui.engine.progress import Progress


@dataclass(frozen=True, slots=True)
class Moving:
    """A Release that is being prepared; `meaning`: items with their vector of its encoder, of those due one."""

    release: str
    meaning: Progress


class Moves:
    """Written by whoever moves the shop, read by health and metrics. Safe to call from many threads.

    >>> moves = Moves()
    >>> moves.begin("r2", lambda: Progress(3, 9)); moves.next()
    Moving(release='r2', meaning=Progress(done=3, total=9))
    >>> moves.end("failed"); moves.next(), moves.ailing(), moves.counts()
    (None, ('release',), {'failed': 1})
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._next: tuple[str, Callable[[], Progress]] | None = None
        self._failed = False

    def begin(self, release: str, progress: Callable[[], Progress]) -> None:
        """Note that a Release is being prepared."""
        with self._lock:
            self._next = release, progress

    def end(self, outcome: str) -> None:
        """Note how it ended: moved, abandoned, or failed; what failed is told until another move is made."""
        with self._lock:
            self._next = None
            self._counts[outcome] += 1
            self._failed = outcome == "failed"

    def well(self) -> None:
        """Note that the Release that serves is the one wanted, whatever failed before."""
        with self._lock:
            self._failed = False

    def next(self) -> Moving | None:
        """Return what is being prepared."""
        with self._lock:
            preparing = self._next
        return Moving(preparing[0], preparing[1]()) if preparing else None

    def ailing(self) -> tuple[str, ...]:
        """Return `release` after a Release could not be opened."""
        with self._lock:
            return ("release",) if self._failed else ()

    def counts(self) -> dict[str, int]:
        """Return how often a move ended in which way."""
        with self._lock:
            return dict(self._counts)
