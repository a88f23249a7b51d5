"""What goes with the very last acts: they say more of the next minutes than months of history."""

from collections.abc import Sequence

from zhanggui.core.candidate import Candidate
from zhanggui.core.ids import HOUR, MINUTE
from zhanggui.core.protocols import Context, Proposal
from zhanggui.core.request import Request
from zhanggui.engine.interests import interests
from zhanggui.engine.related import Related


class SessionSource:
    """Propose items related to the latest acts of the last hours.

    Evidence is that of the relation, with the fact `recent`: 1 for an act of this moment, half for every `half_life`
    (milliseconds) that has passed since, and half of that for the item before the last. Up to `each` items for each of
    the last `acts` items and each relation, none after `window` milliseconds.
    """

    name = "session"

    def __init__(
        self,
        relations: Sequence[Related],
        *,
        acts: int = 2,
        each: int = 5,
        half_life: int = 30 * MINUTE,
        window: int = 6 * HOUR,
    ) -> None:
        self._relations, self._acts, self._each = relations, acts, each
        self._half_life, self._window = half_life, window

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return related items; nothing when the last act is long ago."""
        found: list[Candidate] = []
        for place, latest in enumerate(interests(context.history, limit=self._acts)):
            age = max(0, context.now - latest.time)
            if age <= self._window:
                recent = 0.5 ** (age / self._half_life + place)
                for relation in self._relations:
                    related = relation.of(latest.item, request.filters, k=self._each)
                    found += [_with_recent(candidate, recent) for candidate in related]
        return Proposal(found)


def _with_recent(candidate: Candidate, recent: float) -> Candidate:
    evidence = candidate.evidence[0]
    return candidate.telling((evidence._replace(facts=(*evidence.facts, ("recent", recent))),))
