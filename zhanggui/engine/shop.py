"""The façade: everything that a shop can be asked for, in one place."""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhanggui.core.candidate import Candidate, Dropped, Page, Ranking
from zhanggui.core.clock import Clock
from zhanggui.core.erasure import Erased
from zhanggui.core.errors import NotFoundError
from zhanggui.core.event import Event
from zhanggui.core.ids import ItemId, RankingId, UserId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Act, CatalogueIndex, OnlineState, Receipt, Store, Totals
from zhanggui.core.request import Request, Surface
from zhanggui.engine.figures import Figures
from zhanggui.engine.meaning import Meaning
from zhanggui.engine.pipeline import Pipeline, Slate
from zhanggui.engine.progress import Progress
from zhanggui.engine.projections import Projections
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.scrubber import Scrubber
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely, attempt

__all__ = ["Explanation", "Health", "Progress", "Shop", "ShopParts"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """How the shop is. `lag`: numbers of the feed not applied yet. `meaning`: items with a vector, of those due one.

    `degraded` names the parts whose last call failed, and what could not be opened.
    """

    ready: bool
    release: str
    totals: Totals
    position: int
    lag: int
    meaning: Progress
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where an item stands on a user's for-you page (`rank` from 0 in the whole list), or why it does not.

    `shown`: on the first page. `candidate` None and `dropped` None: no source proposed it.
    """

    user: UserId
    item: ItemId
    shown: bool
    rank: int | None
    candidate: Candidate | None
    dropped: Dropped | None
    products: Mapping[ItemId, Product]


@dataclass(frozen=True, slots=True)
class ShopParts:
    """What a shop is made of. `threads` are watched by `health`; `close` ends and keeps what must be, in order.

    `lost` names what could not be opened.
    """

    store: Store
    state: OnlineState
    shelf: Shelf
    pipeline: Pipeline
    projections: Projections
    rankings: RankingLog
    timely: Timely
    clock: Clock
    release: str = "base"
    meaning: Meaning | None = None
    threads: Sequence[Repeating] = ()
    close: Sequence[Callable[[], object]] = ()
    index: CatalogueIndex | None = None
    scrubber: Scrubber | None = None
    lost: Sequence[str] = ()


class Shop:
    """Answer requests, take in products and events. Safe to call from many threads."""

    def __init__(self, parts: ShopParts, *, new_id: Callable[[], str] = lambda: secrets.token_hex(12)) -> None:
        self._parts = parts
        self._new_id = new_id
        self._closed = False
        self._written: Counter[str] = Counter()
        self._counting = threading.Lock()

    def page(self, request: Request) -> Page:
        """Fill a page. It is never empty while there is something to show that passes the request's filters.

        (A page behind the end of a list is.) What is shown is recorded as a ranking in the background.
        """
        slate = self._parts.pipeline.run(request)
        ranking = RankingId(self._new_id())
        products, error = attempt(lambda: self._parts.shelf.get(_named(request, slate.items)), "shelf")
        if slate.items:
            self._parts.rankings.offer(self._record(ranking, request, slate))
        return Page(
            ranking,
            request,
            slate.items,
            products or {},
            slate.total,
            slate.facets,
            slate.dropped,
            slate.degraded if error is None else (*slate.degraded, "store"),
            slate.timings,
        )

    def explain(self, user: UserId, item: ItemId) -> Explanation:
        """Tell where an item stands on the user's for-you page and why, or what dropped it."""
        request = Request(Surface.FOR_YOU, user=user)
        rank, candidate, dropped = self._parts.pipeline.standing(request, item)
        named = _named(request, [candidate] if candidate else [])
        products = self._parts.shelf.get([item, *named])
        return Explanation(user, item, rank is not None and rank < request.k, rank, candidate, dropped, products)

    def put_products(self, products: Sequence[Product]) -> Receipt:
        """Commit products; searchable when it returns."""
        return self._follow("products", self._parts.store.put_products(products))

    def remove_products(self, items: Sequence[ItemId]) -> Receipt:
        """Commit removals; gone from every page when it returns."""
        return self._follow("removals", self._parts.store.remove_products(items))

    def put_events(self, events: Sequence[Event]) -> Receipt:
        """Commit events; the very next page knows them."""
        return self._follow("events", self._parts.store.put_events(events))

    def erase_users(self, users: Sequence[UserId]) -> Erased:
        """Commit the removal of all that is known of users; no page knows of it when it returns.

        What it leaves in the database's files is overwritten in the background.
        """
        erased = self._parts.store.erase_users(users)
        if self._parts.scrubber:
            self._parts.scrubber.offer(users)
        self._catch_up("erasures", erased.events + erased.rankings)
        return erased

    def product(self, item: ItemId) -> Product:
        """Return a product. Raises NotFoundError."""
        found = self._parts.shelf.get([item])
        if item not in found:
            raise NotFoundError("product", item)
        return found[item]

    def products(self, items: Sequence[ItemId]) -> dict[ItemId, Product]:
        """Return those that exist, in the order asked for."""
        return self._parts.shelf.get(items)

    def users(self, *, k: int = 20) -> list[UserId]:
        """Return some users with history, the most active first."""
        return self._parts.state.users(k=k)

    def history(self, user: UserId) -> Sequence[Act]:
        """Return a user's remembered acts, oldest first."""
        return self._parts.state.history(user)

    def health(self) -> Health:
        """Return how the shop is."""
        parts = self._parts
        lag = parts.projections.lag()
        meaning = parts.meaning.progress() if parts.meaning else Progress(0, 0)
        return Health(
            not self._closed,
            parts.release,
            parts.store.totals(),
            parts.projections.position,
            lag,
            meaning,
            (*parts.lost, *parts.timely.ailing(), *(thread.name for thread in parts.threads if thread.last_error)),
        )

    def figures(self) -> Figures:
        """Return what was counted since the start, for metrics."""
        parts = self._parts
        lag, _ = attempt(parts.projections.lag, "store")
        return Figures(
            parts.release,
            parts.projections.position,
            lag,
            len(parts.index) if parts.index is not None else 0,
            parts.meaning.progress() if parts.meaning else Progress(0, 0),
            len(parts.rankings),
            parts.rankings.dropped,
            parts.timely.failures(),
            {thread.name: thread.errors for thread in parts.threads},
            dict(self._written),
        )

    def close(self) -> None:
        """End the threads, write what waits, close the Store. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        for step in self._parts.close:
            _, error = attempt(step, "closing")
            if error is not None:
                LOG.warning("closing the shop: %s", error)

    def _follow(self, kind: str, receipt: Receipt) -> Receipt:
        self._catch_up(kind, receipt.written)
        return receipt

    def _catch_up(self, kind: str, written: int) -> None:
        with self._counting:
            self._written[kind] += written
        # The write is committed: if it cannot be applied now, the follower will, and the caller's receipt stands.
        _, error = attempt(self._parts.projections.catch_up, "follow")
        if error is not None:
            LOG.warning("committed, but not applied yet: %s", error)

    def _record(self, ranking: RankingId, request: Request, slate: Slate) -> Ranking:
        return Ranking(
            ranking,
            request.surface,
            self._parts.clock.now(),
            tuple(candidate.item for candidate in slate.items),
            tuple(candidate.score for candidate in slate.items),
            (1.0,) * len(slate.items),
            request.user,
            request.query,
            self._parts.release,
            slate.recipe,
        )


def _named(request: Request, candidates: Iterable[Candidate]) -> list[ItemId]:
    """Return every item that a page names: shown, in evidence, or looked at."""
    named = [request.item] if request.item else []
    for candidate in candidates:
        named.append(candidate.item)
        named += [ItemId(str(item)) for e in candidate.evidence if (item := e.fact("item")) is not None]
    return named
