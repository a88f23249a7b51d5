"""Pages shown, written down in the background, so that no page waits for the record of itself."""

import threading
from collections import deque

from zhanggui.core.candidate import Ranking
from zhanggui.core.protocols import Store

_BATCH = 500


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
        """Write all that waits. Raises StoreError when the Store cannot; what was not written waits on."""
        with self._writing:
            while batch := self._first():
                self._store.put_rankings(batch)
                with self._lock:
                    for _ in batch:
                        self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)

    def _first(self) -> list[Ranking]:
        with self._lock:
            return [self._waiting[n] for n in range(min(_BATCH, len(self._waiting)))]
