"""The seam of models that learn from behaviour."""

from pathlib import Path
from typing import Protocol, Self

from zhanggui.core.interactions import Floats, Histories, Interactions, Vocabulary


class Recommender(Protocol):
    """Learn from interactions; score every item for a history. Knows no user ids: a new user is a short history.

    `items_` (after `fit`) is the vocabulary that scores and histories speak of. Deterministic.
    """

    name: str
    items_: Vocabulary

    def fit(self, log: Interactions) -> Self: ...

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), higher is better; -inf for items it has nothing to say about. Seen items are scored too."""
        ...

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item, with their share of its score, strongest first."""
        ...

    def save(self, path: Path) -> None:
        """Write one `.npz` file (no pickle)."""
        ...

    @classmethod
    def load(cls, path: Path) -> Self: ...
