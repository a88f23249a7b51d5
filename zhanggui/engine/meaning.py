"""Keep the index's vectors in step with what the products say of themselves."""

import threading
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import CatalogueIndex, Change, Encoder, OnlineState, Store
from zhanggui.encoders.background import BackgroundEncoder
from zhanggui.encoders.vectors import Vectors
from zhanggui.engine.progress import Progress


class Meaning:
    """Ask for the vector of every product's text in the background and hand it to the index when it is there.

    Texts encoded before (in `vectors`) arrive within moments. Products that say the same share one vector; products
    that say nothing have none. `complete` tells whether the whole catalogue has been asked for.
    """

    def __init__(self, index: CatalogueIndex, encoder: Encoder, vectors: Vectors) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._texts: dict[ItemId, str] = {}
        self._waiting: dict[str, set[ItemId]] = {}
        self._due: set[ItemId] = set()
        self.complete = False
        self._background = BackgroundEncoder(encoder, vectors, self._arrived)

    def start(self) -> None:
        """Begin to encode."""
        self._background.start()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._background.stop()

    def want(self, products: Iterable[Product], *, priority: float = 0.0) -> None:
        """Queue what these products say, unless the index knows that already. Higher priority first."""
        with self._lock:
            texts = [text for product in products if (text := self._register(product))]
        self._background.ask(list(dict.fromkeys(texts)), priority=priority)

    def changed(self, changes: Sequence[Change]) -> None:
        """Follow the feed: queue what is new, forget what was removed. What changed is wanted before the rest."""
        with self._lock:
            for change in changes:
                if change.product is None:
                    self._forget(change.item_id)
        self.want((change.product for change in changes if change.product is not None), priority=1.0)

    def nudge(self) -> None:
        """Ask again for what waits though the encoder has nothing to do: its queue was full, or two asked at once."""
        if self._background.wait(timeout=0):
            with self._lock:
                texts = list(self._waiting)
            self._background.ask(texts)

    def progress(self) -> Progress:
        """Return how many of the items that say something have their vector.

        Until the catalogue has been read, every product of the index is taken to say something.
        """
        with self._lock:
            total = len(self._texts) if self.complete else max(len(self._texts), len(self._index))
            return Progress(len(self._texts) - len(self._due), total)

    def wait(self, *, timeout: float) -> bool:
        """Wait until nothing is left to encode; return whether that came true within so many seconds."""
        return self._background.wait(timeout=timeout)

    def _register(self, product: Product) -> str:
        text, item = passage(product), product.item_id
        if self._texts.get(item) == text and self._index.vector(item) is not None:
            return ""
        self._forget(item)
        if text:
            self._texts[item] = text
            self._waiting.setdefault(text, set()).add(item)
            self._due.add(item)
        return text

    def _forget(self, item: ItemId) -> None:
        self._granted(self._texts.pop(item, ""), [item])

    def _arrived(self, texts: list[str], vectors: Floats) -> None:
        with self._lock:
            sharers = [sorted(self._waiting.get(text, ())) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(items) for items in sharers])
        self._index.put_vectors([item for sharing in sharers for item in sharing], vectors[rows])
        with self._lock:
            for text, sharing in zip(texts, sharers, strict=True):
                self._granted(text, sharing)

    def _granted(self, text: str, items: list[ItemId]) -> None:
        still = self._waiting.get(text, set())
        self._due.difference_update(still.intersection(items))
        still.difference_update(items)
        if not still:
            self._waiting.pop(text, None)


class CatalogueReader:
    """Ask once for the meaning of the whole catalogue, what is popular first. `run` after a failure begins again."""

    def __init__(self, meaning: Meaning, store: Store, state: OnlineState, *, batch: int = 2000) -> None:
        self._meaning, self._store, self._state, self._batch = meaning, store, state, batch
        self._done = self._stopped = False

    def run(self) -> None:
        """Read the catalogue, unless that is done."""
        if self._done:
            return
        popular = [item for item, _ in self._state.popular(k=self._batch)]
        self._meaning.want(self._store.products(popular).values(), priority=0.5)
        products = self._store.all_products()
        while (batch := list(islice(products, self._batch))) and not self._stopped:
            self._meaning.want(batch)
        self._done = self._meaning.complete = True

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopped = True
