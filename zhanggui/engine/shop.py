"""The façade: everything that a shop can be asked for, in one place."""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from zhanggui.core.candidate import Candidate, Dropped, Page, Ranking
from zhanggui.core.clock import Clock
from zhanggui.core.erasure import Erased
from zhanggui.core.errors import NotFoundError
from zhanggui.core.event import Event
from zhanggui.core.ids import ItemId, RankingId, UserId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Act, OnlineState, Receipt, Store, Totals
from zhanggui.core.request import Request, Surface
from zhanggui.engine.figures import Figures
from zhanggui.engine.moves import Moves, Moving
from zhanggui.engine.pipeline import Slate, Watch, unwatched
from zhanggui.engine.progress import Progress
from zhanggui.engine.projections import Projections
from zhanggui.engine.rankers.pace import Tally
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.scrubber import Scrubber
from zhanggui.engine.serving import InUse, Serving
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely, attempt

__all__ = ["Explanation", "Health", "Progress", "Shop", "ShopParts"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """How the shop is. `lag`: numbers of the feed not applied yet. `meaning`: items with a vector, of those due one.

    `degraded` names the parts whose last call failed, and what could not be opened. `moving`: the Release that is being
    prepared, and how many items have their vector of its encoder.
    """

    ready: bool
    release: str
    totals: Totals
    position: int
    lag: int
    meaning: Progress
    degraded: tuple[str, ...]
    moving: Moving | None = None


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
    """What a shop keeps whatever Release serves; `serving` is the one that it opens with.

    `threads` are watched by `health`; `close` ends and keeps what must be, in order.
    """

    store: Store
    state: OnlineState
    shelf: Shelf
    projections: Projections
    rankings: RankingLog
    timely: Timely
    clock: Clock
    serving: Serving
    threads: Sequence[Repeating] = ()
    close: Sequence[Callable[[], object]] = ()
    scrubber: Scrubber | None = None
    watch: Watch = unwatched
    tally: Tally = field(default_factory=Tally)
    moves: Moves = field(default_factory=Moves)


class Shop:
    """Answer requests, take in products and events. Safe to call from many threads."""

    def __init__(self, parts: ShopParts, *, new_id: Callable[[], str] = lambda: secrets.token_hex(12)) -> None:
        self.parts = parts
        self._in_use = InUse(parts.serving)
        self._new_id = new_id
        self._closed = False
        self._written: Counter[str] = Counter()
        self._counting = threading.Lock()

    @property
    def serving(self) -> Serving:
        """Return what answers now."""
        return self._in_use.latest

    def move(self, serving: Serving) -> None:
        """Answer by another Release from now on; requests under way end on the one before."""
        self._in_use.move(serving)

    def drained(self, serving: Serving, *, timeout: float) -> bool:
        """Wait until no request runs on it; return whether that came true within so many seconds."""
        return self._in_use.wait(serving, timeout=timeout)

    def page(self, request: Request) -> Page:
        """Fill a page. It is never empty while there is something to show that passes the request's filters.

        (A page behind the end of a list is.) What is shown is recorded as a ranking in the background.
        """
        self.parts.projections.asked()
        with self._in_use.now() as serving:
            slate = serving.pipeline.run(request)
        ranking = RankingId(self._new_id())
        products, error = attempt(lambda: self.parts.shelf.get(_named(request, slate.items)), "shelf")
        if slate.items:
            self.parts.rankings.offer(self._record(ranking, request, slate, serving.release))
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
        with self._in_use.now() as serving:
            rank, candidate, dropped = serving.pipeline.standing(request, item)
        named = _named(request, [candidate] if candidate else [])
        products = self.parts.shelf.get([item, *named])
        return Explanation(user, item, rank is not None and rank < request.k, rank, candidate, dropped, products)

    def put_products(self, products: Sequence[Product]) -> Receipt:
        """Commit products; searchable when it returns."""
        return self._products("products", self.parts.store.put_products(products))

    def remove_products(self, items: Sequence[ItemId]) -> Receipt:
        """Commit removals; gone from every page when it returns."""
        return self._products("removals", self.parts.store.remove_products(items))

    def put_events(self, events: Sequence[Event]) -> Receipt:
        """Commit events; the very next page knows them."""
        receipt = self.parts.store.put_events(events)
        self._apply("events", receipt.written, partial(self.parts.projections.follow_events, receipt.position))
        return receipt

    def erase_users(self, users: Sequence[UserId]) -> Erased:
        """Commit the removal of all that is known of users; no page knows of it when it returns.

        What it leaves in the database's files is overwritten in the background.
        """
        erased = self.parts.store.erase_users(users)
        if self.parts.scrubber:
            self.parts.scrubber.offer(users)
        self._apply("erasures", erased.events + erased.rankings, self.parts.projections.follow_events)
        return erased

    def product(self, item: ItemId) -> Product:
        """Return a product. Raises NotFoundError."""
        found = self.parts.shelf.get([item])
        if item not in found:
            raise NotFoundError("product", item)
        return found[item]

    def products(self, items: Sequence[ItemId]) -> dict[ItemId, Product]:
        """Return those that exist, in the order asked for."""
        return self.parts.shelf.get(items)

    def users(self, *, k: int = 20) -> list[UserId]:
        """Return some users with history, the most active first."""
        return self.parts.state.users(k=k)

    def history(self, user: UserId) -> Sequence[Act]:
        """Return a user's remembered acts, oldest first."""
        return self.parts.state.history(user)

    def health(self) -> Health:
        """Return how the shop is."""
        parts, serving = self.parts, self.serving
        lag = parts.projections.lag()
        threads = [*parts.threads, *([serving.space.reading] if serving.space.reading else [])]
        ailing = (*serving.lost, *parts.moves.ailing(), *parts.timely.ailing())
        return Health(
            not self._closed,
            serving.release,
            parts.store.totals(),
            parts.projections.position,
            lag,
            serving.space.progress(),
            tuple(dict.fromkeys((*ailing, *(thread.name for thread in threads if thread.last_error)))),
            parts.moves.next(),
        )

    def figures(self) -> Figures:
        """Return what was counted since the start, for metrics."""
        parts, serving = self.parts, self.serving
        lag, _ = attempt(parts.projections.lag, "store")
        threads = [*parts.threads, *([serving.space.reading] if serving.space.reading else [])]
        return Figures(
            serving.release,
            parts.projections.position,
            lag,
            len(serving.space.index),
            serving.space.progress(),
            len(parts.rankings),
            parts.rankings.dropped,
            parts.timely.failures(),
            {thread.name: thread.errors for thread in threads},
            dict(self._written),
            parts.moves.next(),
            parts.moves.counts(),
            parts.tally.now(),
        )

    def close(self) -> None:
        """End the threads, write what waits, close the Store. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        space = self.serving.space
        for step in (space.stop, *self.parts.close, *space.close, self.parts.store.close):
            _, error = attempt(step, "closing")
            if error is not None:
                LOG.warning("closing the shop: %s", error)

    def _products(self, kind: str, receipt: Receipt) -> Receipt:
        self._apply(kind, receipt.written, partial(self.parts.projections.catch_up, receipt.position))
        return receipt

    def _apply(self, kind: str, written: int, follow: Callable[[], object]) -> None:
        with self._counting:
            self._written[kind] += written
        # The write is committed: if it cannot be applied now, the follower will, and the caller's receipt stands.
        _, error = attempt(follow, "follow")
        if error is not None:
            LOG.warning("committed, but not applied yet: %s", error)

    def _record(self, ranking: RankingId, request: Request, slate: Slate, release: str) -> Ranking:
        return Ranking(
            ranking,
            request.surface,
            self.parts.clock.now(),
            tuple(candidate.item for candidate in slate.items),
            tuple(candidate.score for candidate in slate.items),
            (1.0,) * len(slate.items),
            request.user,
            request.query,
            release,
            slate.recipe,
        )


def _named(request: Request, candidates: Iterable[Candidate]) -> list[ItemId]:
    """Return every item that a page names: shown, in evidence, or looked at."""
    named = [request.item] if request.item else []
    for candidate in candidates:
        named.append(candidate.item)
        named += [ItemId(str(item)) for e in candidate.evidence if (item := e.fact("item")) is not None]
    return named
