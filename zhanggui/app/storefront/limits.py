"""How often one caller may act: a token bucket each, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Limiter:
    """Let each caller do `burst` acts at once and `rate` a second on the long run; forget the least recent callers.

    >>> limiter = Limiter(rate=1, burst=2, seconds=lambda: 0.0)
    >>> [limiter.allow("a") for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, *, rate: float, burst: int, seconds: Callable[[], float], callers: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._callers = callers
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def allow(self, caller: str) -> bool:
        """Tell whether this caller may act now, and count the act if so."""
        now = self._seconds()
        with self._lock:
            tokens, since = self._left.pop(caller, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - since) * self._rate)
            allowed = tokens >= 1
            self._left[caller] = (tokens - 1 if allowed else tokens, now)
            if len(self._left) > self._callers:
                self._left.popitem(last=False)
        return allowed
