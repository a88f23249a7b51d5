"""Only what can be shown: in the catalogue, available, and passing the conditions of the request."""

from collections.abc import Sequence

from zhanggui.core.candidate import Candidate, Dropped
from zhanggui.core.protocols import CatalogueIndex, Context
from zhanggui.core.request import Request


class AllowedFilter:
    """Ask the index about all candidates at once."""

    name = "allowed"

    def __init__(self, index: CatalogueIndex) -> None:
        self._index = index

    def divide(
        self, request: Request, context: Context, candidates: Sequence[Candidate]
    ) -> tuple[list[Candidate], list[Dropped]]:
        """Return what may be shown, and the rest."""
        allowed = self._index.allowed([candidate.item for candidate in candidates], request.filters).tolist()
        reason = "not for sale, or outside the filters" if request.filters else "not for sale"
        pairs = list(zip(candidates, allowed, strict=True))
        kept = [candidate for candidate, fits in pairs if fits]
        return kept, [Dropped(candidate, self.name, reason) for candidate, fits in pairs if not fits]
