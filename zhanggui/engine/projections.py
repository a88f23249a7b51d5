"""Whatever is derived from the Store and must be fresh: index, online state, and who else listens to products."""

import logging
import threading
from collections.abc import Callable, Sequence

from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind, OnlineState, Store

LOG = logging.getLogger(__name__)

Listener = Callable[[Sequence[Change]], None]
"""Gets product changes once the index knows them."""


class Projections:
    """Read the feed on from what was applied last, and apply it. One way in: writes of this process take it, too.

    Safe to call from many threads; one applies, the others wait and then find nothing left to do.
    """

    def __init__(
        self,
        store: Store,
        index: CatalogueIndex,
        state: OnlineState,
        *,
        listeners: Sequence[Listener] = (),
        batch: int = 2000,
    ) -> None:
        self._store, self._index, self._state = store, index, state
        self._listeners, self._batch = listeners, batch
        self._lock = threading.Lock()
        self.position = min(index.position, state.position)

    def catch_up(self) -> int:
        """Apply all that is new; return how many changes that were."""
        if self._store.position() <= self.position:
            return 0
        applied = 0
        with self._lock:
            while changes := self._store.changes(self.position, limit=self._batch):
                self._apply(changes)
                applied += len(changes)
        return applied

    def lag(self) -> int:
        """Return how many numbers of the feed are not applied yet."""
        return max(0, self._store.position() - self.position)

    def mark(self) -> None:
        """Let the index note how far it is: after mere events it is not bothered until now."""
        with self._lock:
            if self._index.position < self.position:
                self._index.apply([], self.position)

    def _apply(self, changes: list[Change]) -> None:
        position = changes[-1].position
        products = [c for c in changes if c.kind.of_products]
        unknown = [c for c in products if c.position > self._index.position]
        if unknown:
            self._index.apply(unknown, position)
        if position > self._state.position:
            known = self._state.position
            events = [c.event for c in changes if c.event is not None and c.position > known]
            self._state.apply(events, position)
        for listener in self._listeners if products else ():
            listener(products)
        self.position = position
