"""What training left for the engine. Any part may be missing: a shop that was never trained has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhanggui.core.protocols import Recommender
from zhanggui.models.blend import Blend
from zhanggui.models.repeat import RepeatPolicy


@dataclass(frozen=True, slots=True)
class Learned:
    """The models of a Release, by what they are for.

    `blend` orders the for-you page, `members` speak for its items, `neighbours` find similar items and `together`
    what goes into the same basket; `repeats` says which products are bought again (by default none is).
    """

    blend: Blend | None = None
    members: Mapping[str, Recommender] = field(default_factory=dict)
    neighbours: Recommender | None = None
    together: Recommender | None = None
    repeats: RepeatPolicy = field(default_factory=RepeatPolicy)
