"""Whatever is derived from the Store and must be fresh: index, online state, and who else listens to products."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import groupby

from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind, OnlineState, Store
from zhanggui.engine.meaning import Meaning
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.state_file import load

LOG = logging.getLogger(__name__)

Listener = Callable[[Sequence[Change]], None]
"""Gets product changes once the index knows them."""


def listeners_of(shelf: Shelf, meaning: Meaning | None) -> list[Listener]:
    """Return who follows the products of a shop beside its index."""

    def forget(changes: Sequence[Change]) -> None:
        shelf.forget([change.item_id for change in changes])

    return [forget, meaning.changed] if meaning else [forget]


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
        erased: Sequence[Callable[[], object]] = (),
        batch: int = 2000,
    ) -> None:
        """`erased` are called when the state has dropped what left the Store: copies of it must go, too."""
        self._store, self._index, self._state = store, index, state
        self._listeners, self._erased, self._batch = listeners, erased, batch
        self._lock = threading.Lock()
        self.position = min(index.position, state.position)

    def catch_up(self) -> int:
        """Apply all that is new; return how many changes that were."""
        if self._store.position() <= self.position:
            return 0
        with self._lock:
            return self._drain()

    def lag(self) -> int:
        """Return how many numbers of the feed are not applied yet."""
        return max(0, self._store.position() - self.position)

    def bring(self, index: CatalogueIndex, listeners: Sequence[Listener]) -> None:
        """Read the feed on for another index, which takes its turn by `move`; this one is not waited for."""
        while changes := self._store.changes(index.position, limit=self._batch):
            products = [c for c in changes if c.kind.of_products]
            index.apply(products, changes[-1].position)
            for listener in listeners if products else ():
                listener(products)

    def move(self, index: CatalogueIndex, listeners: Sequence[Listener], *, then: Callable[[], object]) -> None:
        """Let another index follow from now on, once it knows all that this one knows; `then` runs in the same step.

        A write that returned before is in both, one that comes later waits for the step and is in the other.
        """
        with self._lock:
            self._drain()
            self.bring(index, listeners)
            self._index, self._listeners = index, listeners
            then()

    def mark(self) -> None:
        """Let the index note how far it is: after mere events it is not bothered until now."""
        with self._lock:
            if self._index.position < self.position:
                self._index.apply([], self.position)

    def _drain(self) -> int:
        applied = 0
        while changes := self._store.changes(self.position, limit=self._batch):
            self._apply(changes)
            applied += len(changes)
        return applied

    def _apply(self, changes: list[Change]) -> None:
        position = changes[-1].position
        products = [c for c in changes if c.kind.of_products]
        unknown = [c for c in products if c.position > self._index.position]
        if unknown:
            self._index.apply(unknown, position)
        for erasing, run in groupby(changes, lambda change: change.kind is ChangeKind.ERASED):
            self._tell_state([c for c in run if c.position > self._state.position], erasing)
        for listener in self._listeners if products else ():
            listener(products)
        self.position = position

    def _tell_state(self, news: list[Change], erasing: bool) -> None:
        """Tell the state what it does not know yet: either erasures only, or anything but erasures."""
        if not news:
            return
        position = news[-1].position
        if not erasing:
            self._state.apply([c.event for c in news if c.event is not None], position)
            return
        if not self._state.forget([c.erasure for c in news if c.erasure is not None], position):
            LOG.info("the online state is built anew: an erasure reaches further back than it remembers")
            load(self._state, self._store)
        for step in self._erased:
            step()
