"""What each surface is made of, as data. A new surface or another mixture is a row here, not code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from zhanggui.core.request import Request, Sort, Surface


class Fill(StrEnum):
    """When the fallback sources are asked."""

    TO_THE_END = "to_the_end"
    """As long as the page is not full."""
    WHEN_EMPTY = "when_empty"
    """Only where nothing at all was found: a list of matches is not padded with what does not match."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One mixture: names of sources (asked together), fallbacks (asked in this order), filters and a ranker.

    `relaxed` names the filters that give way rather than leave the page empty. `share` is the largest part of a page
    that one leaf category may take (None: no limit). `seconds` is the time that all sources have together.
    """

    name: str
    sources: tuple[str, ...]
    ranker: str
    filters: tuple[str, ...] = ("allowed",)
    fallbacks: tuple[str, ...] = ("popularity", "newest")
    fill: Fill = Fill.TO_THE_END
    relaxed: tuple[str, ...] = ()
    share: float | None = None
    seconds: float = 1.0


SEARCH = Recipe("search", ("search",), "fusion", fill=Fill.WHEN_EMPTY)
LIST = Recipe("list", ("search",), "given", fill=Fill.WHEN_EMPTY)
BROWSE = Recipe("browse", ("popularity", "search"), "browse", fill=Fill.WHEN_EMPTY)
FOR_YOU = Recipe(
    "for_you",
    ("collaborative", "session", "content", "trending", "most_popular"),
    "for_you",
    filters=("allowed", "disliked", "seen"),
    relaxed=("seen",),
    share=0.3,
)
SIMILAR = Recipe("similar", ("similar", "alike"), "similar", filters=("itself", "allowed", "disliked"))
BOUGHT_TOGETHER = Recipe(
    "bought_together",
    ("bought_together", "similar", "alike"),
    "bought_together",
    filters=("itself", "allowed", "disliked"),
)
TRENDING = Recipe("trending", ("trending",), "trending", filters=("allowed", "disliked"))

RECIPES: Mapping[Surface, Recipe] = {
    Surface.SEARCH: SEARCH,
    Surface.FOR_YOU: FOR_YOU,
    Surface.SIMILAR: SIMILAR,
    Surface.BOUGHT_TOGETHER: BOUGHT_TOGETHER,
    Surface.TRENDING: TRENDING,
}


WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "for_you": {"blend": 1.0, "content": 0.03, "popularity": 0.01, "trending": 0.004},
    "similar": {"knn": 1.0, "sequence_knn": 1.0, "content": 0.8},
    "bought_together": {"bought_together": 1.0, "knn": 0.35, "sequence_knn": 0.35, "content": 0.1},
    "trending": {"trending": 1.0},
    "browse": {"popularity": 1.0, "listed": 0.01},
}
"""Rankers that join lists, and what a list is worth in each (see rankers/joined.py). Scores are never compared."""


def recipe_for(request: Request) -> Recipe:
    """Return the mixture for a request: a search sorted otherwise, or without words, has its own.

    >>> recipe_for(Request(Surface.SEARCH, query="tea")).name, recipe_for(Request(Surface.SEARCH)).name
    ('search', 'browse')
    """
    if request.surface is Surface.SEARCH and request.sort is not Sort.RELEVANCE:
        return LIST
    if request.surface is Surface.SEARCH and not request.query.strip():
        return BROWSE
    return RECIPES[request.surface]
