"""How long a judge of pairs takes, and what is counted of it."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_UP, _DOWN = 0.45, 0.05
_FORGOTTEN = 0.98
_FEW = 8


class PairPace:
    """A running guess at milliseconds a pair that nine runs in ten stay below. Safe to call from many threads.

    An excess moves it nine times as far as a shortfall: the .9-expectile, exponentially weighted (Newey and Powell,
    Asymmetric Least Squares, 1987). A run of few pairs counts as one of `_FEW`: it has the same fixed cost. Each skip
    takes 2% off, so that a judge that was slow for a while is tried again.

    >>> pace = PairPace()
    >>> pace.expects(20), pace.took(20, 80.0), pace.expects(20)
    (0.0, None, 80.0)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guess = 0.0

    def expects(self, pairs: int) -> float:
        """Return the milliseconds that a run is expected to take; 0 before the first."""
        return self._guess * max(pairs, _FEW)

    def took(self, pairs: int, milliseconds: float) -> None:
        """Learn from a run."""
        seen = milliseconds / max(pairs, _FEW)
        with self._lock:
            gap = seen - self._guess
            self._guess = seen if not self._guess else self._guess + gap * (_UP if gap > 0 else _DOWN)

    def skipped(self) -> None:
        """Trust the guess a little less."""
        with self._lock:
            self._guess *= _FORGOTTEN


@dataclass(frozen=True, slots=True)
class Judged:
    """What the cross-encoder did since the start: runs, the pairs and seconds of these, pages from memory, skips."""

    runs: int = 0
    pairs: int = 0
    seconds: float = 0.0
    remembered: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


class Tally:
    """Count for all judges of a shop. Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs = self._pairs = self._remembered = 0
        self._seconds = 0.0
        self._skipped: Counter[str] = Counter()

    def ran(self, pairs: int, seconds: float) -> None:
        """Count a run."""
        with self._lock:
            self._runs, self._pairs, self._seconds = self._runs + 1, self._pairs + pairs, self._seconds + seconds

    def remembered(self) -> None:
        """Count a page all of whose pairs were judged before."""
        with self._lock:
            self._remembered += 1

    def skipped(self, reason: str) -> None:
        """Count a page that was not judged."""
        with self._lock:
            self._skipped[reason] += 1

    def now(self) -> Judged:
        """Return the counts."""
        with self._lock:
            return Judged(self._runs, self._pairs, self._seconds, self._remembered, dict(self._skipped))
