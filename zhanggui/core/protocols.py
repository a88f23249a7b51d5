"""The seams of the system. Implement one of these; inherit nothing.

What crosses a seam is a dataclass of `core`. Every protocol has an in-memory implementation, also its test double,
and a module of contract checks that every implementation passes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.candidate import Candidate, Dropped, Facet, Ranking
from zhanggui.core.change import Change as Change
from zhanggui.core.change import ChangeKind as ChangeKind
from zhanggui.core.change import Receipt as Receipt
from zhanggui.core.change import Totals as Totals
from zhanggui.core.erasure import Erased, Erasure
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import ItemId, Millis, RankingId, UserId
from zhanggui.core.interactions import Floats, Interactions, Longs
from zhanggui.core.pair_scorer import PairScorer as PairScorer
from zhanggui.core.product import Product
from zhanggui.core.recommender import Recommender as Recommender
from zhanggui.core.request import Filters, Request, Sort


class Store(Protocol):
    """The truth: catalogue, events, rankings and the numbered feed of their changes. Safe to call from many threads.

    A write that returned is committed. Positions rise; no change becomes visible below one that was readable before.
    """

    def put_products(self, products: Iterable[Product]) -> Receipt: ...
    def remove_products(self, items: Iterable[ItemId]) -> Receipt: ...

    def products(self, items: Sequence[ItemId]) -> dict[ItemId, Product]:
        """Return those that exist, by one query."""
        ...

    def all_products(self) -> Iterator[Product]:
        """Stream the catalogue in order of id, in bounded memory."""
        ...

    def put_events(self, events: Iterable[Event]) -> Receipt:
        """Append events; one whose `event_id` is known already counts as repeated and changes nothing."""
        ...

    def events_of(self, user: UserId, *, limit: int = 500) -> list[Event]:
        """Return a user's latest events, oldest first."""
        ...

    def interactions(
        self, *, until: Millis | None = None, types: Sequence[EventType] = (), up_to: int | None = None
    ) -> Interactions:
        """Return the log as columns: events with an item and a time before `until`, of these types (all when empty).

        `up_to` leaves out events with a higher number of the feed. `items` holds catalogue and events; both
        vocabularies are sorted.
        """
        ...

    def changes(self, after: int, *, limit: int = 1000) -> list[Change]:
        """Return the feed after a position, in order; of several changes to one product only the last.

        An erasure stands behind what it took away: events of that user with a higher number came later, and stay.
        """
        ...

    def position(self) -> int:
        """Return the number of the last change, 0 for an empty Store."""
        ...

    def put_rankings(self, rankings: Iterable[Ranking]) -> None:
        """Keep the record of pages; leave out those of users erased since the last call: they waited meanwhile."""
        ...

    def ranking(self, ranking_id: RankingId) -> Ranking | None: ...

    def totals(self) -> Totals: ...

    def erase_users(self, users: Sequence[UserId]) -> Erased:
        """Remove all events (also those told under that anonymous id) and rankings of users, and tell the feed.

        Users who are not there are no error. One that broke off half-way is finished by calling it again.
        """
        ...

    def forget_before(self, moment: Millis) -> Erased:
        """Remove events and rankings older than a moment, and users who have no event left; tell the feed."""
        ...

    def scrub(self, users: Sequence[UserId] = ()) -> None:
        """Overwrite what deletion left behind in the database's files, until no byte of it names these users.

        It may take as long as copying the database, and writers wait; run it after erasing, not for each request.
        """
        ...

    def close(self) -> None: ...


class Encoder(Protocol):
    """Turn texts into unit vectors whose dot product is nearness of meaning. Safe to call from many threads."""

    name: str
    dim: int

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim) for what shoppers type."""
        ...

    def passages(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim) for what products say of themselves."""
        ...


@dataclass(frozen=True, slots=True)
class Matches:
    """What a query matches. `items` are the first in lexical order (then dense order), or in the order asked for.

    `lexical` (BM25) and `dense` (cosine) go with `items`; NaN where that side did not match or does not know.
    `total` and `facets` speak of the whole set: the lexical matches united with the dense ones above the threshold.
    """

    items: tuple[ItemId, ...]
    lexical: Floats
    dense: Floats
    total: int
    facets: tuple[Facet, ...] = ()


DEPTH = 400
"""So many first matches of a search are ranked; the others follow in the order in which they were found."""

QueryVector = Floats | Callable[[], Floats | None] | None
"""A query's meaning, shape (dim,): there, or being made (the call waits for it; None: it did not come), or unknown."""


class CatalogueIndex(Protocol):
    """The catalogue as a projection: words, vectors, filters, facets. Reads run while `apply` writes."""

    position: int

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """Take in product changes (others are ignored); searchable when it returns. Idempotent."""
        ...

    def put_vectors(self, items: Sequence[ItemId], vectors: Floats, *, hashes: Sequence[str] = ()) -> None:
        """Give items their meaning: (n, dim) unit vectors. Items that are not in the catalogue are ignored.

        With the content hashes of the texts that were encoded, so are items that say something else by now.
        """
        ...

    def lacking(self, *, limit: int) -> tuple[ItemId, ...]:
        """Return the first items that say something and have no vector (none while kept vectors are being read)."""
        ...

    def warm(
        self, products: Callable[[Sequence[ItemId]], Mapping[ItemId, Product]], stopped: Callable[[], bool]
    ) -> int:
        """Get ready for the words that very many products have, and return how many there were.

        Which they are, a sample of the catalogue tells, looked up by `products`. Ends early once `stopped` says so.
        """
        ...

    def meant(self) -> tuple[int, int]:
        """Return how many items have a vector, of how many that say something."""
        ...

    def saying(self, hashes: Sequence[str]) -> NDArray[np.bool_]:
        """Tell for each content hash (`core.passage`) whether an item of the catalogue says that text: (n,)."""
        ...

    def search(
        self, query: str, vector: QueryVector, filters: Filters, *, sort: Sort = Sort.RELEVANCE, limit: int = DEPTH
    ) -> Matches:
        """Match words and, given a query vector, meaning. An empty query matches all products."""
        ...

    def nearest(self, vector: Floats, filters: Filters, *, k: int) -> list[tuple[ItemId, float]]:
        """Return the items nearest in meaning with their cosine, best first."""
        ...

    def vector(self, item: ItemId) -> Floats | None:
        """Return an item's vector (dim,), None while it has none."""
        ...

    def allowed(self, items: Sequence[ItemId], filters: Filters) -> NDArray[np.bool_]:
        """Tell for each item whether it is in the catalogue, available and passes the filters."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a user as the online state remembers it."""

    item: ItemId
    type: EventType
    time: Millis


class OnlineState(Protocol):
    """What must be known at once: recent acts of each user and what rises now. A projection of the feed."""

    position: int

    def load(self, log: Interactions, position: int) -> None:
        """Start from a whole log, replacing what was there."""
        ...

    def apply(self, events: Sequence[Event], position: int) -> None:
        """Take in events; those later than now are left out (the shop does not look into the future)."""
        ...

    def forget(self, erasures: Sequence[Erasure], position: int) -> bool:
        """Drop what left the Store, from every history and counter, as if it had never been told.

        False, and nothing done, when what is remembered does not tell how: then load anew.
        """
        ...

    def history(self, user: UserId) -> Sequence[Act]:
        """Return a user's remembered acts, oldest first; empty for an unknown user."""
        ...

    def trending(self, *, k: int) -> list[tuple[ItemId, float]]:
        """Return what rises now, best first."""
        ...

    def popular(self, *, k: int) -> list[tuple[ItemId, int]]:
        """Return the items with the most distinct shoppers, best first."""
        ...

    def shoppers(self, items: Sequence[ItemId]) -> Longs:
        """Return how many distinct shoppers each item had, 0 for unknown items."""
        ...

    def users(self, *, k: int) -> list[UserId]:
        """Return some users with remembered acts, the most active first."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What every stage may know about the request beside its words; fetched once."""

    now: Millis
    history: Sequence[Act] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Candidates of one source; a source that searched the catalogue says how much matched and how it divides.

    `degraded` names a part of the source that failed while the rest could answer (say, the encoder of queries).
    """

    candidates: Sequence[Candidate]
    total: int | None = None
    facets: tuple[Facet, ...] = ()
    degraded: tuple[str, ...] = ()


class Source(Protocol):
    """Propose candidates for a request."""

    name: str

    def propose(self, request: Request, context: Context) -> Proposal: ...


class Filter(Protocol):
    """Decide which candidates stay; return the kept, in order, and the dropped with the reason."""

    name: str

    def divide(
        self, request: Request, context: Context, candidates: Sequence[Candidate]
    ) -> tuple[list[Candidate], list[Dropped]]: ...


class Ranker(Protocol):
    """Give every candidate the score by which the page is ordered, highest first."""

    name: str

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]: ...
