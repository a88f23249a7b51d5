"""What fails again and again is told in full once a minute, and counted in between."""

import logging
import threading
import time
from collections.abc import Callable

from zhanggui.core.errors import ZhangguiError

LOG = logging.getLogger(__name__)
MOST = 1_000
"""Parts remembered; there are a few dozen."""


class Complaints:
    """Log the first failure of a part, then at most one every `every` seconds, with the count of those in between.

    Errors of our own say what is the matter and how to cure it; others come with their traceback.
    """

    def __init__(self, *, every: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._silent: dict[str, int] = {}

    def tell(self, part: str, error: Exception) -> None:
        """Take a failure of a part."""
        with self._lock:
            now = self._clock()
            if now - self._told.get(part, -self._every) < self._every:
                self._silent[part] = self._silent.get(part, 0) + 1
                return
            if len(self._told) >= MOST:
                self._told.clear()
            self._told[part], silent = now, self._silent.pop(part, 0)
        since = f" ({silent} more times since this was told last)" if silent else ""
        foreign = None if isinstance(error, ZhangguiError) else error
        LOG.warning("a part of the shop failed: %s%s: %s", part, since, error, exc_info=foreign)
