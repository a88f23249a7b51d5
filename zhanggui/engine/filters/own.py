"""What this shopper, on this page, should not be shown: the product itself, what was disliked, what was bought."""

from collections.abc import Iterable, Sequence

from zhanggui.core.candidate import Candidate, Dropped
from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import Act, Context
from zhanggui.core.request import Request
from zhanggui.engine.shelf import Shelf
from zhanggui.models.repeat import RepeatPolicy
from zhanggui.models.weights import OWNING, WEIGHTS

Divided = tuple[list[Candidate], list[Dropped]]

_BOUGHT = OWNING | {EventType.RETURN}
_INTEREST = frozenset(kind for kind in EventType if WEIGHTS[kind] > 0)
_KIND_WORDS = frozenset({EventType.LIKE, EventType.FAVOURITE, EventType.CART, EventType.PURCHASE})


class ItselfFilter:
    """A product is not similar to itself."""

    name = "itself"

    def divide(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> Divided:
        """Drop the product looked at."""
        return _divide(self.name, candidates, {request.item: "the product looked at"} if request.item else {})


class DislikedFilter:
    """What the shopper disliked stays away until a later like, cart or purchase takes it back."""

    name = "disliked"

    def divide(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> Divided:
        """Drop what was disliked."""
        return _divide(self.name, candidates, dict.fromkeys(disliked(context.history), "disliked"))


class SeenFilter:
    """What was bought, or is owned, comes back only where its kind is bought again; what was only viewed may.

    In a shop that knows no purchases, the policy was learnt from all events that show interest, and speaks of those.
    """

    name = "seen"

    def __init__(self, policy: RepeatPolicy, shelf: Shelf) -> None:
        self._policy, self._shelf = policy, shelf

    def divide(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> Divided:
        """Drop what was bought and is not bought twice."""
        counted, reason = (_BOUGHT, "bought already") if self._policy.owned else (_INTEREST, "seen already")
        had = {act.item for act in context.history if act.type in counted}
        products = self._shelf.get(c.item for c in candidates if c.item in had)
        once = {item: reason for item, product in products.items() if not self._policy.may_return(product)}
        return _divide(self.name, candidates, once)


def disliked(history: Iterable[Act]) -> set[ItemId]:
    """Return the items about which the shopper's last word was a dislike."""
    away: set[ItemId] = set()
    for act in history:
        if act.type is EventType.DISLIKE:
            away.add(act.item)
        elif act.type in _KIND_WORDS:
            away.discard(act.item)
    return away


def _divide(name: str, candidates: Sequence[Candidate], away: dict[ItemId, str]) -> Divided:
    kept = [candidate for candidate in candidates if candidate.item not in away]
    return kept, [Dropped(c, name, away[c.item]) for c in candidates if c.item in away]
