"""Keep the index's vectors in step with what the products say of themselves."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import CatalogueIndex, Change, Encoder, OnlineState, Store
from zhanggui.encoders.background import BackgroundEncoder
from zhanggui.encoders.vectors import Vectors
from zhanggui.engine.progress import Progress

_SPARE = 2048
"""Vectors that no product needs are kept up to so many, or to a quarter of the products: titles come back."""

_CAPACITY = 65_536  # texts that wait at one time: some 30 MB; the index knows of the others


def nothing() -> None:
    """Do nothing."""


class Meaning:
    """Ask for the vectors of products' texts in the background and hand them to the index when they are there.

    Texts encoded before (in `vectors`) arrive within moments. Products that say the same share one vector; products
    that say nothing have none. Only what waits is held here: which products lack their vector, the index tells.
    """

    def __init__(self, index: CatalogueIndex, encoder: Encoder, vectors: Vectors) -> None:
        self._index, self._vectors = index, vectors
        self._lock = threading.Lock()
        self._waiting: dict[str, set[ItemId]] = {}
        self._due: set[ItemId] = set()
        self._background = BackgroundEncoder(encoder, vectors, self._arrived, capacity=_CAPACITY)

    def start(self) -> None:
        """Begin to encode."""
        self._background.start()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._background.stop()

    def want(self, products: Iterable[Product], *, priority: float = 0.0) -> int:
        """Queue what these products say, unless the index knows that already. Higher priority first.

        Return how many texts were taken: the queue is bounded, and what it does not take is lacking still.
        """
        lacking = [product for product in products if self._index.vector(product.item_id) is None]
        texts: dict[str, set[ItemId]] = {}
        for product in lacking:
            if text := passage(product):
                texts.setdefault(text, set()).add(product.item_id)
        with self._lock:
            for text, items in texts.items():
                self._waiting.setdefault(text, set()).update(items)
                self._due |= items
        taken = self._background.ask(list(texts), priority=priority)
        self._granted(list(texts)[taken:])
        return taken

    def warm(
        self, products: Callable[[Sequence[ItemId]], Mapping[ItemId, Product]], stopped: Callable[[], bool]
    ) -> None:
        """Have the index get ready for words that very many products have."""
        self._index.warm(products, stopped)

    def changed(self, changes: Sequence[Change]) -> None:
        """Follow the feed, once the index has: what is new is wanted before the rest."""
        self.want((change.product for change in changes if change.product is not None), priority=1.0)

    def lacking(self, *, limit: int) -> list[ItemId]:
        """Return up to so many items that lack their vector and do not wait for it yet; none when the queue is long."""
        with self._lock:
            due = self._due.copy()
        if len(due) >= _CAPACITY // 2:
            return []
        return [item for item in self._index.lacking(limit=len(due) + limit) if item not in due][:limit]

    def nudge(self) -> None:
        """Ask again for what waits though the encoder has nothing to do: two may have asked at the same moment."""
        if self._background.wait(timeout=0):
            with self._lock:
                texts = list(self._waiting)
            self._background.ask(texts)

    def tidy(self) -> int:
        """Have the cache forget what no product says any more, once that is much; return how many vectors went.

        Half of what may be kept stays, what was said last: after a restart, or when a title comes back, it is there.
        """
        room = max(_SPARE, len(self._index) // 4)
        if len(self._vectors) <= len(self._index) + room:
            return 0
        return self._vectors.forget(self._index.saying, spare=room // 2)

    def progress(self) -> Progress:
        """Return how many of the items that say something have their vector."""
        return Progress(*self._index.meant())

    def wait(self, *, timeout: float) -> bool:
        """Wait until nothing is left to encode; return whether that came true within so many seconds."""
        return self._background.wait(timeout=timeout)

    def _arrived(self, texts: list[str], vectors: Floats) -> None:
        with self._lock:
            sharers = [sorted(self._waiting.get(text, ())) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(items) for items in sharers])
        hashes = [content_hash(text) for text in texts]
        items = [item for sharing in sharers for item in sharing]
        self._index.put_vectors(items, vectors[rows], hashes=[hashes[row] for row in rows.tolist()])
        self._granted(texts, sharers)

    def _granted(self, texts: Sequence[str], sharers: Sequence[Sequence[ItemId]] | None = None) -> None:
        """Forget texts: the items that got their vector, or all that waited for it."""
        with self._lock:
            for at, text in enumerate(texts):
                waiting = self._waiting.get(text, set())
                gone = set(sharers[at]) if sharers is not None else set(waiting)
                self._due -= gone
                waiting -= gone
                if not waiting:
                    self._waiting.pop(text, None)


class CatalogueReader:
    """Ask for the meaning of what lacks it, what is popular first. Run it now and then: it goes on where it was.

    What nobody says any more is forgotten.
    """

    def __init__(
        self,
        meaning: Meaning,
        store: Store,
        state: OnlineState,
        *,
        batch: int = 2000,
        read_missing: Callable[[], object] = nothing,
    ) -> None:
        self._meaning, self._store, self._state, self._batch = meaning, store, state, batch
        self._read_missing = read_missing
        self._began = self._stopped = False

    def run(self) -> None:
        """Queue what lacks its vector, until nothing does or the queue is long."""
        if not self._began:
            self._meaning.warm(self._store.products, lambda: self._stopped)
            popular = [item for item, _ in self._state.popular(k=self._batch)]
            self._meaning.want(self._store.products(popular).values(), priority=0.5)
            self._began = True
        while not self._stopped and (items := self._meaning.lacking(limit=self._batch)):
            if not self._meaning.want(self._store.products(items).values()):
                return
            self._meaning.wait(timeout=1.0)
        self._meaning.nudge()
        if not self._stopped:
            self._meaning.tidy()
            self._read_missing()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopped = True
