"""What stands beside a product on its own page."""

from zhanggui.core.protocols import Context, Proposal
from zhanggui.core.request import Request
from zhanggui.engine.related import Related


class ItemPageSource:
    """Propose what one relation finds for the product looked at."""

    def __init__(self, name: str, relation: Related, *, k: int = 100) -> None:
        self.name = name
        self._relation, self._k = relation, k

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return related items, nothing without a product."""
        return Proposal(self._relation.of(request.item, request.filters, k=self._k) if request.item else ())


class SilentSource:
    """Propose nothing: stands for a source whose model the shop does not have (yet)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return no candidates."""
        return Proposal(())
