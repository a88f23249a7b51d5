"""Join lists whose scores share no scale: by the places that they give, never by the scores.

The item at place r (from 0) of a list of weight w gets w / (1 + r / 20); what several lists name gets the sum. It is
weighted reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009) with a list's first item at its full weight, so
that a weight reads as: "the first of this list is worth as much as place 20 * (1 / w - 1) of a list of weight 1".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request

_HALF = 20

List = tuple[str, object]
"""Source, and for what goes with a recent act the item of that act: each is a list of its own."""


class JoinedRanker:
    """Add up what the lists give. `weights` by source; a source that is not named says why, but orders nothing.

    `recent` is the weight of what goes with an act of this very moment; it fades with the fact `recent`.
    """

    name = "joined"

    def __init__(self, weights: Mapping[str, float], *, recent: float = 0.8) -> None:
        self._weights, self._recent = weights, recent

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates with the sums as scores."""
        lists: dict[List, list[tuple[float, ItemId, float]]] = defaultdict(list)
        for candidate in candidates:
            for evidence in candidate.evidence:
                weight, name = self._place(evidence)
                if weight:
                    lists[name].append((-evidence.score, candidate.item, weight))
        scores: dict[ItemId, float] = defaultdict(float)
        for entries in lists.values():
            for place, (_, item, weight) in enumerate(sorted(entries)):
                scores[item] += weight / (1 + place / _HALF)
        return [candidate.scored(scores[candidate.item]) for candidate in candidates]

    def _place(self, evidence: Evidence) -> tuple[float, List]:
        """Return the weight of the list that evidence stands in, and which list that is."""
        recent = evidence.fact("recent") if evidence.facts else None
        if recent is None:
            return self._weights.get(evidence.source, 0.0), (evidence.source, None)
        return self._recent * float(recent), (evidence.source, evidence.fact("item"))
