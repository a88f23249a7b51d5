"""The order in which things were proposed, for lists sorted by price or date."""

from collections.abc import Sequence

from zhanggui.core.candidate import Candidate
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request


class GivenRanker:
    """Score by place: the first gets 0, the next -1, and so on."""

    name = "given"

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates as they came."""
        return [candidate.scored(-float(place)) for place, candidate in enumerate(candidates)]
