"""Where the time comes from. Passed in, so that tests and replays own it."""

import time
from datetime import UTC, datetime
from typing import Protocol

from zhanggui.core.ids import Millis


class Clock(Protocol):
    """Tell the present moment."""

    def now(self) -> Millis: ...


class SystemClock:
    """The machine's clock; `start` shifts it so that it begins at another moment and runs on from there.

    A demonstration shop whose records end in 2017 runs on a clock that starts in 2017.
    """

    def __init__(self, *, start: Millis | None = None) -> None:
        self._offset = 0 if start is None else start - _system_millis()

    def now(self) -> Millis:
        return Millis(_system_millis() + self._offset)


class FixedClock:
    """A clock that stands still until it is told to move.

    >>> clock = FixedClock(Millis(5))
    >>> clock.advance(10); clock.now()
    15
    """

    def __init__(self, at: Millis) -> None:
        self.at = at

    def now(self) -> Millis:
        return self.at

    def advance(self, millis: int) -> None:
        """Move forward by so many milliseconds."""
        self.at = Millis(self.at + millis)


def iso(moment: Millis) -> str:
    """Write a moment as ISO 8601 in UTC.

    >>> iso(Millis(1508112000000))
    '2017-10-16T00:00:00Z'
    """
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat().replace("+00:00", "Z")


def _system_millis() -> int:
    return time.time_ns() // 1_000_000
