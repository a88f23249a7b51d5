"""Several recommenders as one: scores brought to one scale and added, with weights that are fitted, never guessed."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np

from zhanggui.core.errors import NotFittedError
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.core.protocols import Recommender
from zhanggui.evaluation.seen import seen
from zhanggui.models.files import read, write
from zhanggui.models.registry import MODELS


class Page(StrEnum):
    """What a page is for; each has weights of its own."""

    ALL = "all"
    NEW = "new"


class Blend:
    """Add the members' scores, each divided by its largest on such a page, with the weights of the page.

    `weights[page][name]` come from `fitted_weights`; without them all members count alike. A shopper
    without a history gets what most want.
    """

    name = "blend"

    def __init__(
        self,
        members: Sequence[Recommender] = (),
        *,
        weights: Mapping[Page, Mapping[str, float]] | None = None,
        page: Page = Page.ALL,
    ) -> None:
        self.members = tuple(members) or tuple(MODELS.make(name) for name in MODELS)
        self.weights = {} if weights is None else {page: dict(line) for page, line in weights.items()}
        self.page = page

    def on(self, page: Page) -> "Blend":
        """Return the same blend with the weights of another page; the members are shared."""
        other = Blend(self.members, weights=self.weights, page=page)
        if hasattr(self, "items_"):
            other.items_ = self.items_
        return other

    def fit(self, log: Interactions) -> Self:
        """Fit every member; the weights stay as they are."""
        for member in self.members:
            member.fit(log)
        self.items_ = log.items
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for items about which no member has anything to say."""
        asked = {member.name: member.score(histories) for member in self.members if self._weight(member)}
        return self.joined(asked, histories)

    def joined(self, parts: Mapping[str, Floats], histories: Histories | None = None) -> Floats:
        """Return the blend (B, N) of scores that members gave, by name; pages of new items need the histories too."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        rows = len(next(iter(parts.values()))) if parts else len(histories or ())
        total = np.zeros((rows, len(self.items_)), np.float32)
        known = np.zeros(total.shape, np.bool_)
        for member in self.members:
            if (weight := self._weight(member)) and (scores := parts.get(member.name)) is not None:
                known |= scores > -np.inf
                total += np.float32(weight) * normalised(scores, self._largest(scores, histories))
        total[~known] = -np.inf
        return total

    def parts(self, histories: Histories) -> dict[str, Floats]:
        """Return every member's own scores, each (B, N)."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        return {member.name: member.score(histories) for member in self.members}

    def scaled(self, parts: Mapping[str, Floats], histories: Histories) -> list[Floats]:
        """Return what `parts` gave as this page adds it up, before the weights: (B, N) for every member in order."""
        scores = [parts[member.name] for member in self.members]
        return [normalised(one, self._largest(one, histories)) for one in scores]

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item: the members' shares, by what each adds."""
        found: dict[int, float] = {}
        for member in self.members:
            if (weight := self._weight(member)) > 0:
                scores = member.score(history)
                added = weight * float(normalised(scores, self._largest(scores, history))[0, item])
                for source, share in member.because(history, item) if added > 0 else ():
                    found[source] = found.get(source, 0.0) + added * share
        total = sum(found.values())
        return sorted(((s, v / total) for s, v in found.items()), key=lambda pair: (-pair[1], pair[0]))

    def save(self, path: Path) -> None:
        """Write the weights to `path` and every member beside it, as STEM.MEMBER.npz."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        settings = {"members": " ".join(member.name for member in self.members), "page": self.page.value}
        weights = {
            f"{page.value} {name}": np.array(weight)
            for page, line in self.weights.items()
            for name, weight in line.items()
        }
        write(path, self.name, self.items_, settings, weights)
        for member in self.members:
            member.save(_beside(path, member.name))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the weights and every member that the registry knows by its name."""
        items, settings, arrays = read(path, cls.name)
        weights: dict[Page, dict[str, float]] = {}
        for key, value in arrays.items():
            page, name = key.split(" ", 1)
            weights.setdefault(Page(page), {})[name] = float(value)
        members = [MODELS.make(name).load(_beside(path, name)) for name in str(settings["members"]).split()]
        for member in members:
            member.items_ = items
        blend = cls(members, weights=weights, page=Page(str(settings["page"])))
        blend.items_ = items
        return blend

    def _largest(self, scores: Floats, histories: Histories | None) -> Floats:
        """Return the score (B, 1) that counts as 1: the highest, on pages of new items the highest of a new one."""
        if self.page is Page.ALL or histories is None:
            return np.asarray(scores.max(axis=1, keepdims=True, initial=-np.inf))
        rows, items = seen(histories, histories.item >= 0)
        kept = scores[rows, items]
        scores[rows, items] = -np.inf
        largest = scores.max(axis=1, keepdims=True, initial=-np.inf)
        scores[rows, items] = kept
        return np.asarray(largest)

    def _weight(self, member: Recommender) -> float:
        return self.weights.get(self.page, {}).get(member.name, 1.0 if self.page not in self.weights else 0.0)


def normalised(scores: Floats, largest: Floats) -> Floats:
    """Divide every row (B, N) by its `largest` (B, 1); 0 where there is none, and for what is not above 0.

    >>> scores = np.array([[2.0, 1.0, -np.inf], [-np.inf] * 3], np.float32)
    >>> normalised(scores, scores.max(axis=1, keepdims=True)).tolist()
    [[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]]
    """
    out = np.maximum(scores, 0)
    out /= np.where(largest > 0, largest, 1)
    return out


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}.{name}.npz")
