"""Pages shown, written down in the background, so that no page waits for the record of itself."""

import threading
from collections import deque

from zhanggui.core.candidate import Ranking
from zhanggui.core.protocols import Store


class RankingLog:
    """A bounded queue before the Store. When it is full, the record is dropped and counted, never the page."""

    def __init__(self, store: Store, *, capacity: int = 10_000) -> None:
        self.dropped = 0
        self._store, self._capacity = store, capacity
        self._waiting: deque[Ranking] = deque()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def offer(self, ranking: Ranking) -> None:
        """Queue one record."""
        with self._lock:
            if len(self._waiting) < self._capacity:
                self._waiting.append(ranking)
            else:
                self.dropped += 1

    def flush(self) -> None:
        """Write all that waits, by one call. Raises StoreError when the Store cannot; then all of it waits on.

        One call, because the Store leaves out the pages of users who were erased since the call before.
        """
        with self._writing:
            with self._lock:
                batch = list(self._waiting)
            if not batch:
                return
            self._store.put_rankings(batch)
            with self._lock:
                for _ in batch:
                    self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)
