"""Which recommenders a shop trains: all that are registered, plug-ins too."""

from collections.abc import Mapping

from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import Recommender
from zhanggui.models.registry import MODELS
from zhanggui.models.taste import Taste


def members(categories: Mapping[ItemId, tuple[str, ...]]) -> list[Recommender]:
    """Return fresh recommenders in order of name; those that read categories are given them."""
    return [Taste(categories=categories) if name == Taste.name else MODELS.make(name) for name in MODELS]
