"""Where records go: built by the contract, written to the Store, what breaks the contract given back."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from zhanggui.core.errors import RecordError
from zhanggui.core.event import Event
from zhanggui.core.ids import EventId, ItemId
from zhanggui.core.protocols import Receipt, Store
from zhanggui.data.importing.batch import Line, Reject
from zhanggui.data.importing.ordinals import Ordinals
from zhanggui.data.records import EventParts, content_digest, derived_id, event_parts, product_from

KNOWN_AT_ONCE = 1_000_000
T = TypeVar("T")


class Sink(Protocol):
    """Takes the lines of one file after the other. `flagged` counts events with an item not in the catalogue."""

    flagged: int

    def begin(self) -> None:
        """Begin a file."""
        ...

    def put(self, lines: Sequence[Line]) -> tuple[Receipt, list[Reject]]:
        """Write lines; return what became of them and those that break the contract."""
        ...


class ProductSink:
    """Write products."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.flagged = 0

    def begin(self) -> None:
        """Do nothing: a product has its own name."""

    def put(self, lines: Sequence[Line]) -> tuple[Receipt, list[Reject]]:
        products, rejects = _built(lines, product_from)
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

    def put(self, lines: Sequence[Line]) -> tuple[Receipt, list[Reject]]:
        parts, rejects = _built(lines, event_parts)
        events = self._named(parts)
        self._flag([event.item_id for event in events])
        return self._store.put_events(events), rejects

    def _named(self, parts: Sequence[tuple[str, EventParts]]) -> list[Event]:
        digests = [b"" if given else content_digest(rest) for given, rest in parts]
        nameless = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 10)
        ordinals = iter(self._ordinals.of(nameless[:, :8].copy().view(np.uint64).ravel()).tolist())
        named = zip(parts, digests, strict=True)
        return [Event(EventId(given or derived_id(p, digest, next(ordinals))), *p) for (given, p), digest in named]

    def _flag(self, items: Sequence[ItemId]) -> None:
        if len(self._known) > KNOWN_AT_ONCE:
            self._known.clear()
        new = list({item for item in items if item and item not in self._known})
        found = self._store.products(new)
        self._known.update((item, item in found) for item in new)
        self.flagged += sum(not self._known[item] for item in items if item)


def _built(lines: Sequence[Line], build: Callable[[Any], T]) -> tuple[list[T], list[Reject]]:
    built: list[T] = []
    rejects: list[Reject] = []
    for line in lines:
        try:
            built.append(build(line.record))
        except RecordError as error:
            rejects.append(Reject(line.number, str(error), line.text()))
    return built, rejects
