"""Where records go: built by the contract, written to the Store, what breaks the contract given back."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from zhanggui.core.errors import RecordError
from zhanggui.core.event import Event
from zhanggui.core.ids import EventId, ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Receipt, Store
from zhanggui.data.importing.batch import Batch, Reject
from zhanggui.data.importing.columnar import read_columns
from zhanggui.data.importing.ordinals import Ordinals
from zhanggui.data.records import EVENT_FIELDS, Column, content_digest, derived_id, event_columns, product_from

KNOWN_AT_ONCE = 1_000_000
_TIME, _ITEM = 2, 3  # where these stand among the arguments of Event after `event_id`


class Sink(Protocol):
    """Takes the batches of one file after the other. `flagged` counts events with an item not in the catalogue."""

    flagged: int

    def begin(self) -> None:
        """Begin a file."""
        ...

    def put(self, batch: Batch) -> tuple[Receipt, list[Reject]]:
        """Write records; return what became of them and those that break the contract."""
        ...


class ProductSink:
    """Write products."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.flagged = 0

    def begin(self) -> None:
        """Do nothing: a product has its own name."""

    def put(self, batch: Batch) -> tuple[Receipt, list[Reject]]:
        products: list[Product] = []
        rejects: list[Reject] = []
        for row, record in enumerate(batch.records):
            try:
                products.append(product_from(record))
            except RecordError as error:
                rejects.append(batch.reject(row, str(error)))
        return self._store.put_products(products), rejects


class EventSink:
    """Write events; one without an id gets one from its content and its ordinal among equal lines of the file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ordinals = Ordinals()
        self._known: dict[ItemId, bool] = {}
        self.flagged = 0

    def begin(self) -> None:
        """Count equal lines from nothing, so that the same file gives the same ids."""
        self._ordinals = Ordinals()

    def put(self, batch: Batch) -> tuple[Receipt, list[Reject]]:
        columns, errors = read_columns(batch.records, EVENT_FIELDS)
        given, *rest = event_columns(columns, len(batch.records), errors)
        events = list(map(Event, self._names(given, rest), *rest))
        self._flag(rest[_ITEM])
        return self._store.put_events(events), [batch.reject(row, str(e)) for row, e in errors.items()]

    def _names(self, given: Column, rest: Sequence[Column]) -> list[EventId]:
        digests = [
            b"" if name else content_digest(row) for name, row in zip(given, zip(*rest, strict=True), strict=True)
        ]
        keys = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 10)[:, :8].copy().view(np.uint64).ravel()
        ordinals = iter(self._ordinals.of(keys).tolist())
        named = zip(given, rest[_TIME], digests, strict=True)
        return [name or EventId(derived_id(time, digest, next(ordinals))) for name, time, digest in named]

    def _flag(self, items: Sequence[ItemId]) -> None:
        if len(self._known) > KNOWN_AT_ONCE:
            self._known.clear()
        new = list(set(items) - self._known.keys())
        found = self._store.products(new)
        self._known.update((item, item in found) for item in new)
        self._known[ItemId("")] = True
        self.flagged += sum(not known for known in map(self._known.__getitem__, items))
