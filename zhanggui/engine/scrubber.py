"""Overwriting in the background what erasures left in the database's files, however often one erases."""

import threading
import time
from collections.abc import Callable, Sequence

from zhanggui.core.ids import UserId
from zhanggui.core.protocols import Store


class Scrubber:
    """Gather the users whose bytes must go; `run` does it for all of them at once, at most every `pause` seconds.

    (It may rewrite the database, and writers wait.) Whoever waits when the process ends is lost to it: erasing the
    same users once more, from the command line, overwrites at once.
    """

    def __init__(self, store: Store, *, pause: float = 3600, timer: Callable[[], float] = time.monotonic) -> None:
        self._store, self._pause, self._timer = store, pause, timer
        self._waiting: dict[UserId, None] = {}
        self._again = -float("inf")
        self._lock = threading.Lock()

    def offer(self, users: Sequence[UserId]) -> None:
        """Queue users who were erased."""
        with self._lock:
            self._waiting.update(dict.fromkeys(users))

    def run(self) -> None:
        """Overwrite, if somebody waits and the last time was long enough ago. Those of a failed run wait on."""
        if not self._waiting or self._timer() < self._again:
            return
        with self._lock:
            users = list(self._waiting)
        self._again = self._timer() + self._pause
        self._store.scrub(users)
        with self._lock:
            for user in users:
                del self._waiting[user]

    def __len__(self) -> int:
        return len(self._waiting)
