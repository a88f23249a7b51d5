"""What is bought again and again (groceries), and what once (books): learnt by category from what shoppers did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import ReleaseError
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Histories, Interactions, Vocabulary
from zhanggui.core.product import Product
from zhanggui.evaluation.seen import Pairs, seen
from zhanggui.models.weights import owning, weight

Path_ = tuple[str, ...]

PRIOR = 5.0
"""How many purchases' worth a category leans on its parent."""

THRESHOLD = 0.1
"""Items return where at least one purchase in ten repeats an earlier one of the same shopper: on the validation
weeks of completejourney .05, .1 and .15 rank alike (nDCG@20 of personal frequency .3313, .3316, .3308)."""


@dataclass(frozen=True, slots=True)
class RepeatPolicy:
    """`shares[path]`: the share of purchases in a category whose shopper had the item before; () is the whole shop.

    `owned`: purchases were known when it was learnt; else it speaks of all events that show interest.
    """

    shares: Mapping[Path_, float] = field(default_factory=dict)
    threshold: float = THRESHOLD
    owned: bool = True

    def share(self, category: Path_) -> float:
        """Return the share of the nearest category that is known, 0 in a shop that learnt nothing."""
        for depth in range(len(category), -1, -1):
            if category[:depth] in self.shares:
                return self.shares[category[:depth]]
        return 0.0

    def may_return(self, product: Product) -> bool:
        """Tell whether a product of this kind may be shown to someone who has it."""
        return self.share(product.category) >= self.threshold

    def over(self, items: Vocabulary, categories: Mapping[ItemId, Path_]) -> "ItemRepeats":
        """Return the policy for the rows of a vocabulary, as serving filters and evaluation ask it."""
        allowed = {path: self.share(path) >= self.threshold for path in {(), *categories.values()}}
        rows = np.array([allowed[categories.get(ItemId(name), ())] for name in items.ids], np.bool_)
        return ItemRepeats(rows, self.owned)

    def save(self, path: Path) -> None:
        """Write one JSON file."""
        shares = [[list(name), share] for name, share in sorted(self.shares.items())]
        document = {"kind": "repeat", "threshold": self.threshold, "owned": self.owned, "shares": shares}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=0), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        try:
            document = json.loads(path.read_text("utf-8"))
            shares = {tuple(name): float(share) for name, share in document["shares"]}
            return cls(shares, float(document["threshold"]), bool(document["owned"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"{str(path)!r} cannot be read: {error}. Make a new one: zhanggui train.") from error


@dataclass(frozen=True, slots=True)
class ItemRepeats:
    """Which rows may return to those who have them: `allowed` (N,). A seen-item policy for evaluation."""

    allowed: NDArray[np.bool_]
    owned: bool = True

    @property
    def note(self) -> str:
        """Say how much may return."""
        if self.allowed.all():
            return "seen items may return"
        if not self.allowed.any():
            return "seen items are filtered"
        return f"seen items may return in categories bought again ({self.allowed.mean():.0%} of the items)"

    def banned(self, histories: Histories) -> Pairs:
        """Return the (history, item) pairs that must not be shown again."""
        had = owning(histories.type) if self.owned else weight(histories.type) > 0
        return seen(histories, had & (histories.item >= 0) & ~self.allowed[histories.item])


def learn_repeats(
    log: Interactions, categories: Mapping[ItemId, Path_], *, threshold: float = THRESHOLD, prior: float = PRIOR
) -> RepeatPolicy:
    """Count, in every category and all above it, the purchases whose shopper had the item at an earlier moment.

    A category leans on the rest of its parent with the weight of `prior` purchases, the shop on "nothing returns".
    """
    owned = bool(owning(log.type).any())
    had = log.where(owning(log.type) if owned else weight(log.type) > 0)
    again = _again(had)
    paths = [categories.get(ItemId(name), ()) for name in log.items.ids]
    total = np.bincount(had.item, minlength=len(paths))
    repeated = np.bincount(had.item[again], minlength=len(paths))
    counts: dict[Path_, list[int]] = {}
    for row in np.flatnonzero(total).tolist():
        for depth in range(len(paths[row]) + 1):
            count = counts.setdefault(paths[row][:depth], [0, 0])
            count[0] += int(total[row])
            count[1] += int(repeated[row])
    shares: dict[Path_, float] = {}
    leant_on: dict[Path_, float] = {(): 0.0}
    for name in sorted(counts, key=lambda path: (len(path), path)):
        number, repeats = counts[name]
        if name:
            # Without the category's own part, or its evidence would count twice.
            others, theirs = (whole - own for whole, own in zip(counts[name[:-1]], counts[name], strict=True))
            leant_on[name] = (theirs + prior * leant_on[name[:-1]]) / (others + prior)
        shares[name] = (repeats + prior * leant_on[name]) / (number + prior)
    return RepeatPolicy(shares, threshold, owned)


def _again(log: Interactions) -> NDArray[np.bool_]:
    """Mark the events whose shopper had the item at an earlier moment, (n,)."""
    order = np.lexsort((log.time, log.item, log.user))
    same = np.zeros(len(log), np.bool_)
    if len(log):
        user, item, time = log.user[order], log.item[order], log.time[order]
        first = np.flatnonzero(np.concatenate(([True], (np.diff(user) != 0) | (np.diff(item) != 0))))
        start = np.repeat(time[first], np.diff(np.append(first, len(log))))
        same[order] = time > start
    return same
