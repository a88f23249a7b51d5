"""The Store in a dictionary: the test double, and the oracle that SqlStore is compared with."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from zhanggui.core.candidate import Ranking
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, RankingId, UserId
from zhanggui.core.interactions import Interactions, Vocabulary
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind, Receipt, Totals


class MemoryStore:
    """Store without a file. Written for plainness, not for speed.

    >>> store = MemoryStore()
    >>> tea = Product(ItemId("tea"), title="tea")
    >>> store.put_products([tea, tea])
    Receipt(written=1, repeated=1, position=1)
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._position = 0
        self._products: dict[ItemId, Change] = {}
        self._events: dict[EventId, Change] = {}
        self._rankings: dict[RankingId, Ranking] = {}

    def put_products(self, products: Iterable[Product]) -> Receipt:
        changes = (Change(0, ChangeKind.PRODUCT, product.item_id, product) for product in products)
        return self._count(self._change(change) for change in changes)

    def remove_products(self, items: Iterable[ItemId]) -> Receipt:
        return self._count(self._change(Change(0, ChangeKind.REMOVED, item)) for item in items)

    def put_events(self, events: Iterable[Event]) -> Receipt:
        return self._count(self._append(event) for event in events)

    def put_rankings(self, rankings: Iterable[Ranking]) -> None:
        with self._lock:
            for ranking in rankings:
                self._rankings.setdefault(ranking.ranking_id, ranking)

    def products(self, items: Sequence[ItemId]) -> dict[ItemId, Product]:
        with self._lock:
            return {item: product for item in items if (product := self._product(item)) is not None}

    def all_products(self) -> Iterator[Product]:
        with self._lock:
            catalogue = [change.product for _, change in sorted(self._products.items())]
        return (product for product in catalogue if product is not None)

    def events_of(self, user: UserId, *, limit: int = 500) -> list[Event]:
        mine = sorted((e for e in self._log() if e.user_id == user), key=lambda e: e.time)
        return mine[-limit:] if limit else []

    def interactions(self, *, until: Millis | None = None, types: Sequence[EventType] = ()) -> Interactions:
        log = [e for e in self._log() if e.item_id and (until is None or e.time < until)]
        log = sorted((e for e in log if not types or e.type in types), key=lambda e: (e.user_id, e.time))
        users = Vocabulary(sorted({e.user_id for e in log}))
        items = Vocabulary(sorted({e.item_id for e in log} | {p.item_id for p in self.all_products()}))
        return Interactions(
            users,
            items,
            users.rows(e.user_id for e in log),
            items.rows(e.item_id for e in log),
            np.array([e.time for e in log], np.int64),
            np.array([e.type.code for e in log], np.uint8),
            _baskets(log),
        )

    def changes(self, after: int, *, limit: int = 1000) -> list[Change]:
        with self._lock:
            feed = [*self._products.values(), *self._events.values()]
        return sorted((c for c in feed if c.position > after), key=lambda c: c.position)[:limit]

    def position(self) -> int:
        return self._position

    def ranking(self, ranking_id: RankingId) -> Ranking | None:
        return self._rankings.get(ranking_id)

    def totals(self) -> Totals:
        log = self._log()
        users = len({event.user_id for event in log})
        return Totals(sum(1 for _ in self.all_products()), len(log), len(self._rankings), users)

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def _product(self, item: ItemId) -> Product | None:
        return self._products[item].product if item in self._products else None

    def _log(self) -> list[Event]:
        with self._lock:
            return [change.event for change in self._events.values() if change.event is not None]

    def _change(self, change: Change) -> bool:
        with self._lock:
            if self._product(change.item_id) == change.product:
                return False
            self._position += 1
            self._products[change.item_id] = replace(change, position=self._position)
            return True

    def _append(self, event: Event) -> bool:
        with self._lock:
            if event.event_id in self._events:
                return False
            self._position += 1
            self._events[event.event_id] = Change(self._position, ChangeKind.EVENT, event.item_id, event=event)
            return True

    def _count(self, outcomes: Iterable[bool]) -> Receipt:
        done = list(outcomes)
        return Receipt(sum(done), len(done) - sum(done), self._position)


def _baskets(log: Sequence[Event]) -> np.ndarray:
    """Give each basket a number: by user, then orders before sessions, then id; -1 for none."""
    keys = [(e.user_id, not e.order_id, e.order_id or e.session_id) for e in log]
    numbers = {key: number for number, key in enumerate(sorted({key for key in keys if key[2]}))}
    return np.array([numbers.get(key, -1) for key in keys], np.int64)
