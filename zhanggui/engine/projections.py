"""Whatever is derived from the Store and must be fresh: index, online state, and who else listens to products."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby

from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind, OnlineState, Store
from zhanggui.engine.meaning import Meaning
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.state_file import load

LOG = logging.getLogger(__name__)

Listener = Callable[[Sequence[Change]], None]
"""Gets product changes once the index knows them."""

BUSY = 0.25
"""A page asked for so many seconds ago or less: shoppers are here, and come first."""

REST, LONGEST_REST = 4.0, 0.25
"""Between two writes of the index the shoppers have it to themselves: so many times what the last one took, at most
so many seconds. What is committed meanwhile is written together: twenty products cost little more than one."""


def listeners_of(shelf: Shelf, meaning: Meaning | None) -> list[Listener]:
    """Return who follows the products of a shop beside its index."""

    def forget(changes: Sequence[Change]) -> None:
        shelf.forget([change.item_id for change in changes])

    return [forget, meaning.changed] if meaning else [forget]


class Projections:
    """Read the feed on from what was applied last, and apply it. One way in: writes of this process take it, too.

    The index with its listeners and the online state each follow on their own, so that an event need not wait for a
    product. Safe to call from many threads; one applies, the others wait and then find nothing left to do.
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
        self._of_products, self._of_events = threading.Lock(), threading.Lock()
        self._indexed, self._stated = index.position, state.position
        self._asked, self._rests_until = -BUSY, 0.0

    @property
    def position(self) -> int:
        """The number of the feed up to which all is applied."""
        return min(self._indexed, self._stated)

    def asked(self) -> None:
        """Hear that a shopper asks for a page."""
        self._asked = time.monotonic()

    def catch_up(self, wanted: int | None = None) -> int:
        """Apply all that is new; return how many numbers of the feed that were.

        `wanted` is the last number if the caller knows it; what is applied already costs nothing.
        """
        before, wanted = self.position, self._store.position() if wanted is None else wanted
        try:
            self.follow_events(wanted)
        finally:
            self.follow_products(wanted)
        return self.position - before

    def follow_events(self, wanted: int | None = None) -> None:
        """Let the online state know all that is new."""
        if (self._store.position() if wanted is None else wanted) > self._stated:
            with self._of_events:
                while changes := self._store.changes(self._stated, limit=self._batch):
                    for erasing, run in groupby(changes, lambda change: change.kind is ChangeKind.ERASED):
                        self._tell_state([c for c in run if c.position > self._state.position], erasing)
                    begun, self._stated = self._stated, changes[-1].position
                    if begun <= self._indexed < self._stated and not any(c.kind.of_products for c in changes):
                        self._indexed = self._stated  # nothing in between is for the index

    def follow_products(self, wanted: int | None = None) -> None:
        """Let the index and the listeners know all that is new; while shoppers are here, what comes soon goes along."""
        last = self._store.position() if wanted is None else wanted
        if last > self._indexed:
            with self._of_products:
                if last > self._indexed:
                    self._rest()
                    self._drain()

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
        with self._of_products:
            self._drain()
            self.bring(index, listeners)
            self._index, self._listeners, self._indexed = index, listeners, index.position
            then()

    def mark(self) -> None:
        """Let the index note how far it is: after mere events it is not bothered until now."""
        with self._of_products:
            if self._index.position < self._indexed:
                self._index.apply([], self._indexed)

    def _rest(self) -> None:
        now = time.monotonic()
        if now - self._asked < BUSY:
            time.sleep(max(0.0, self._rests_until - now))

    def _drain(self) -> None:
        while changes := self._store.changes(self._indexed, limit=self._batch):
            products = [c for c in changes if c.kind.of_products]
            if products:
                began = time.monotonic()
                self._index.apply(products, changes[-1].position)
                ended = time.monotonic()
                self._rests_until = ended + min(LONGEST_REST, REST * (ended - began))
                for listener in self._listeners:
                    listener(products)
            self._indexed = changes[-1].position

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
