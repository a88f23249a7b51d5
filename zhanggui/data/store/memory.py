"""The Store in a dictionary: the test double, and the oracle that SqlStore is compared with."""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from zhanggui.core.candidate import Ranking
from zhanggui.core.erasure import Erased, Erasure, digest_of
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
        self._salt = secrets.token_hex(16)
        self._erasures: list[Change] = []
        self._erased_lately: tuple[set[UserId], set[UserId]] = set(), set()

    def put_products(self, products: Iterable[Product]) -> Receipt:
        changes = (Change(0, ChangeKind.PRODUCT, product.item_id, product) for product in products)
        return self._count(self._change(change) for change in changes)

    def remove_products(self, items: Iterable[ItemId]) -> Receipt:
        return self._count(self._change(Change(0, ChangeKind.REMOVED, item)) for item in items)

    def put_events(self, events: Iterable[Event]) -> Receipt:
        return self._count(self._append(event) for event in events)

    def put_rankings(self, rankings: Iterable[Ranking]) -> None:
        with self._lock:
            before, lately = self._erased_lately
            told = list(rankings)
            for ranking in told:
                if ranking.user_id not in before | lately:
                    self._rankings.setdefault(ranking.ranking_id, ranking)
            if told:
                self._erased_lately = lately, set()

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

    def interactions(
        self, *, until: Millis | None = None, types: Sequence[EventType] = (), up_to: int | None = None
    ) -> Interactions:
        log = [e for e in self._log(up_to) if e.item_id and (until is None or e.time < until)]
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
            feed = [*self._products.values(), *self._events.values(), *self._erasures]
        return sorted((c for c in feed if c.position > after), key=lambda c: c.position)[:limit]

    def position(self) -> int:
        return self._position

    def ranking(self, ranking_id: RankingId) -> Ranking | None:
        return self._rankings.get(ranking_id)

    def totals(self) -> Totals:
        log = self._log()
        users = len({event.user_id for event in log})
        return Totals(sum(1 for _ in self.all_products()), len(log), len(self._rankings), users)

    def erase_users(self, users: Sequence[UserId]) -> Erased:
        with self._lock:
            before = self.totals()
            for user in dict.fromkeys(filter(None, users)):
                self._erase(user)
            return self._difference(before)

    def forget_before(self, moment: Millis) -> Erased:
        with self._lock:
            before = self.totals()
            self._keep(lambda e: e.time >= moment)
            self._keep_rankings(lambda r: r.time >= moment)
            erased = self._difference(before)
            if erased.events:
                self._tell(Erasure(self._salt, before=moment))
            return self._difference(before)

    def scrub(self, users: Sequence[UserId] = ()) -> None:
        """Do nothing; there is no file."""

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def _product(self, item: ItemId) -> Product | None:
        return self._products[item].product if item in self._products else None

    def _log(self, up_to: int | None = None) -> list[Event]:
        with self._lock:
            known = [c for c in self._events.values() if up_to is None or c.position <= up_to]
        return [change.event for change in known if change.event is not None]

    def _erase(self, user: UserId) -> None:
        told_by_others = any(e.anonymous_id == user != e.user_id for e in self._log())
        self._keep(lambda e: user not in (e.user_id, e.anonymous_id))
        self._keep_rankings(lambda r: r.user_id != user)
        if told_by_others:
            self._tell(Erasure(self._salt))
        self._tell(Erasure(self._salt, digest_of(user, self._salt)))
        self._erased_lately[1].add(user)

    def _keep(self, wanted: Callable[[Event], bool]) -> None:
        self._events = {name: change for name, change in self._events.items() if change.event and wanted(change.event)}

    def _keep_rankings(self, wanted: Callable[[Ranking], bool]) -> None:
        self._rankings = {name: ranking for name, ranking in self._rankings.items() if wanted(ranking)}

    def _tell(self, erasure: Erasure) -> None:
        self._position += 1
        kept = [change for change in self._erasures if change.erasure and not _covers(erasure, change.erasure)]
        self._erasures = [*kept, Change(self._position, ChangeKind.ERASED, erasure=erasure)]

    def _difference(self, before: Totals) -> Erased:
        now = self.totals()
        gone = (before.events - now.events, before.rankings - now.rankings, before.users - now.users)
        return Erased(*gone, self._position)

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


def _covers(new: Erasure, old: Erasure) -> bool:
    """Tell whether an erasure says all that an earlier one said."""
    if new.before is None or old.before is None:
        return new == old
    return old.before <= new.before


def _baskets(log: Sequence[Event]) -> np.ndarray:
    """Give each basket a number: by user, then orders before sessions, then id; -1 for none."""
    keys = [(e.user_id, not e.order_id, e.order_id or e.session_id) for e in log]
    numbers = {key: number for number, key in enumerate(sorted({key for key in keys if key[2]}))}
    return np.array([numbers.get(key, -1) for key in keys], np.int64)
