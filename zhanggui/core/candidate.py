"""Items on their way to the page, with everything that speaks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from zhanggui.core.ids import ItemId, Millis, RankingId, UserId
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface

Fact = str | int | float


# A page has hundreds of the first two: a NamedTuple is made in a third of the time of a frozen dataclass.


class Evidence(NamedTuple):
    """What one source knows about a candidate: facts, from which words are made at the edge.

    `score` is on the source's own scale; scores of different sources share none and are never compared raw.
    Facts have standard names: `item` (an id to be named), `users` (a count of shoppers), `times`, `term`.
    """

    source: str
    score: float
    facts: tuple[tuple[str, Fact], ...] = ()

    def fact(self, name: str) -> Fact | None:
        """Return the fact of that name, or None."""
        return next((value for key, value in self.facts if key == name), None)


class Candidate(NamedTuple):
    """An item, the evidence of every source that proposed it, and the score that orders the page.

    >>> tea = Candidate(ItemId("tea"), (Evidence("bm25", 7.1),))
    >>> [e.source for e in tea.joined(Candidate(ItemId("tea"), (Evidence("knn", 0.5),))).evidence]
    ['bm25', 'knn']
    """

    item: ItemId
    evidence: tuple[Evidence, ...]
    score: float = 0.0

    def joined(self, other: Self) -> Self:
        """Return one candidate that carries the evidence of both."""
        return self.telling((*self.evidence, *other.evidence))

    def telling(self, evidence: tuple[Evidence, ...]) -> Self:
        """Return the candidate with this evidence instead."""
        return type(self)(self.item, evidence, self.score)

    def scored(self, score: float) -> Self:
        """Return the candidate with this score."""
        return type(self)(self.item, self.evidence, score)

    def by(self, source: str) -> Evidence | None:
        """Return what that source said, or None."""
        for (
            evidence
        ) in self.evidence:  # a generator would cost three times as much, and this is asked thousands of times
            if evidence.source == source:
                return evidence
        return None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that a filter kept from the page, and why."""

    candidate: Candidate
    filter: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """Counts over all that matches. `name`: "category" (value: path joined by " > "), "brand", or "attributes.NAME".

    `values` are pairs of a value and how many have it (plain ones: a page has hundreds), by falling count, ties by
    value. Every ancestor of a product's category counts it.
    """

    name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to a request: items in order, and how they came to be there.

    `products` holds every product that the page or its evidence names. `total` counts all that matches.
    `degraded` names parts that failed or were skipped within the time budget; `timings` are milliseconds by stage.
    """

    ranking_id: RankingId
    request: Request
    items: tuple[Candidate, ...]
    products: Mapping[ItemId, Product] = field(default_factory=dict)
    total: int = 0
    facets: tuple[Facet, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    degraded: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The record of one page shown, kept in the Store; later actions join it by `ranking_id`.

    `scores` and `propensities` go with `items`, in order. `propensities` are 1 where the order was not random.
    """

    ranking_id: RankingId
    surface: Surface
    time: Millis
    items: tuple[ItemId, ...]
    scores: tuple[float, ...]
    propensities: tuple[float, ...]
    user_id: UserId = UserId("")
    query: str = ""
    release: str = ""
    policy: str = ""
