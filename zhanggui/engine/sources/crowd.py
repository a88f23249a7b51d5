"""What many want: rising now, wanted by most, and new on the shelf. The end of every fallback chain."""

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.protocols import CatalogueIndex, Context, OnlineState, Proposal
from zhanggui.core.request import Request, Sort


class TrendingSource:
    """Propose what rises now, by the online state."""

    name = "trending"

    def __init__(self, state: OnlineState, *, k: int = 100) -> None:
        self._state, self._k = state, k

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return up to k candidates."""
        rising = self._state.trending(k=self._k)
        return Proposal([Candidate(item, (Evidence("trending", score),)) for item, score in rising])


class PopularitySource:
    """Propose what most distinct shoppers wanted; the fact `users` counts them."""

    def __init__(self, state: OnlineState, *, name: str = "popularity", k: int = 500) -> None:
        self.name = name
        self._state, self._k = state, k

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return up to k candidates."""
        popular = self._state.popular(k=self._k)
        return Proposal([Candidate(i, (Evidence("popularity", float(n), (("users", n),)),)) for i, n in popular])


class NewestSource:
    """Propose the newest products: there is something as soon as there is a catalogue."""

    name = "newest"

    def __init__(self, index: CatalogueIndex, *, k: int = 500) -> None:
        self._index, self._k = index, k

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return at least as many candidates as the page asked for reaches, where there are so many."""
        limit = self._k + request.offset + request.k
        matches = self._index.search("", None, request.filters, sort=Sort.NEWEST, limit=limit)
        return Proposal(
            [Candidate(item, (Evidence("newest", float(-place)),)) for place, item in enumerate(matches.items)]
        )
