"""What training left for the engine. Any part may be missing: a shop that was never trained has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhanggui.core.product import Product
from zhanggui.core.protocols import Recommender
from zhanggui.engine.filters.own import RepeatPolicy


class NothingReturns:
    """The policy of a shop that has not learned what is bought again: nothing is."""

    def may_return(self, product: Product) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Learned:
    """The models of a Release, by what they are for.

    `blend` orders the for-you page, `members` speak for its items, `neighbours` find similar items and `together`
    what goes into the same basket; `repeats` says which products are bought again.
    """

    blend: Recommender | None = None
    members: Mapping[str, Recommender] = field(default_factory=dict)
    neighbours: Recommender | None = None
    together: Recommender | None = None
    repeats: RepeatPolicy = field(default_factory=NothingReturns)
