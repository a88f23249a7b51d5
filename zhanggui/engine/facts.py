"""Facts for the few items shown: which item of the history speaks for them, how many shoppers, how many times.

They come from the models and the state at the moment of showing, never from a story made up afterwards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.core.candidate import Candidate, Evidence, Fact
from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Histories, Vocabulary
from zhanggui.core.protocols import Act, CatalogueIndex, Context, OnlineState, Recommender
from zhanggui.core.request import Request
from zhanggui.engine.interests import interests, rows_of
from zhanggui.engine.related import shoppers_of_both
from zhanggui.engine.shelf import Shelf

_ITEMS = 20
_ACTS = 50
_CROWD = ("trending", "popularity")
_OWN = ("frequency", "habit")
_STRENGTH = ("frequency", "habit", "bought_together", "sequence_knn", "knn", "ease")
"""Models in the order in which reasons.py prefers their words."""

MatchedTerm = Callable[[str, str], str]
"""Given a query and a title, the part of the title that the query names, else "". """


@dataclass(frozen=True, slots=True)
class ShownFacts:
    """Fill in facts. `members` are the models whose evidence bears their name."""

    state: OnlineState
    index: CatalogueIndex
    shelf: Shelf
    members: Mapping[str, Recommender]
    matched: MatchedTerm

    def tell(self, request: Request, context: Context, shown: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates with fuller evidence; evidence that has its facts already is left alone."""
        telling = _Telling(self, request, context, shown)
        return [telling.candidate(candidate) for candidate in shown]


class _Telling:
    """What all items of one page need, fetched once."""

    def __init__(self, tools: ShownFacts, request: Request, context: Context, shown: Sequence[Candidate]) -> None:
        self._tools, self._request, self._context = tools, request, context
        self._histories: dict[Vocabulary, Histories] = {}
        self._hurried = len(shown) > 1
        named = {evidence.source for candidate in shown for evidence in candidate.evidence}
        items = [candidate.item for candidate in shown]
        self._users = dict(zip(items, tools.state.shoppers(items).tolist(), strict=True)) if named & {*_CROWD} else {}
        self._products = tools.shelf.get(items) if "bm25" in named else {}
        taste = _taste(context.history, tools.index) if "content" in named else []
        self._liked = [item for item, _ in taste]
        self._taste = np.stack([vector for _, vector in taste]) if taste else np.zeros((0, 0), np.float32)

    def candidate(self, candidate: Candidate) -> Candidate:
        """Return the candidate with facts. On a page only the strongest model is asked, for one item all are."""
        told: dict[int, Evidence] = {}
        for place, evidence in sorted(enumerate(candidate.evidence), key=lambda pair: _strength(pair[1])):
            costly = evidence.source in self._tools.members and evidence.source not in _OWN
            if not (costly and self._hurried and _has_reason(told.values())):
                told[place] = self._evidence(candidate.item, evidence)
        return candidate.telling(tuple(told.get(n, e) for n, e in enumerate(candidate.evidence)))

    def _evidence(self, item: ItemId, evidence: Evidence) -> Evidence:
        if evidence.facts:
            return evidence
        facts = [(name, value) for name, value in self._facts(item, evidence.source) if value]
        return Evidence(evidence.source, evidence.score, tuple(facts)) if facts else evidence

    def _facts(self, item: ItemId, source: str) -> list[tuple[str, Fact]]:
        if source in _CROWD:
            return [("users", self._users.get(item, 0))]
        if source == "bm25":
            product = self._products.get(item)
            return [("term", self._tools.matched(self._request.query, product.title))] if product else []
        if source == "content":
            return [("item", self._nearest(item))]
        if source in _OWN:
            return [("times", times(self._context.history, item))]
        return self._because(item, self._tools.members[source]) if source in self._tools.members else []

    def _because(self, item: ItemId, model: Recommender) -> list[tuple[str, Fact]]:
        row = model.items_.row(item)
        strongest = next((one for one, _ in model.because(self._latest(model.items_), row) if one != row), -1)
        if strongest < 0:
            return []
        return [("item", model.items_.ids[strongest]), ("users", shoppers_of_both(model, strongest, row))]

    def _latest(self, items: Vocabulary) -> Histories:
        """Return the latest part of the history: what a shopper remembers best, and quick to ask about."""
        if items not in self._histories:
            self._histories[items] = rows_of(self._context.history[-_ACTS:], items)
        return self._histories[items]

    def _nearest(self, item: ItemId) -> str:
        vector = self._tools.index.vector(item)
        if vector is None or not self._liked:
            return ""
        return self._liked[int(np.argmax(self._taste @ vector))]


def _strength(evidence: Evidence) -> int:
    return _STRENGTH.index(evidence.source) if evidence.source in _STRENGTH else len(_STRENGTH)


def _has_reason(told: Iterable[Evidence]) -> bool:
    return any(evidence.source in _STRENGTH and evidence.facts for evidence in told)


def times(history: Sequence[Act], item: ItemId) -> int:
    """Return how many times an item was bought."""
    return sum(1 for act in history if act.item == item and act.type is EventType.PURCHASE)


def _taste(
    history: Sequence[Act], index: CatalogueIndex
) -> list[tuple[ItemId, np.ndarray[tuple[int], np.dtype[np.float32]]]]:
    latest = interests(history, limit=_ITEMS)
    return [(one.item, vector) for one in latest if (vector := index.vector(one.item)) is not None]
