"""All that collaborative training leaves in a Release, opened for serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhanggui.core.interactions import Vocabulary
from zhanggui.core.protocols import Recommender
from zhanggui.models.blend import Blend, Page
from zhanggui.models.repeat import RepeatPolicy

BLEND = "collaborative.npz"
REPEATS = "repeats.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The blend, its members by name, and what may return.

    `blend` orders pages on which seen items may return, `fresh` pages of new items only: the same members, other
    weights. All speak of `items`.
    """

    blend: Blend
    repeats: RepeatPolicy

    @property
    def items(self) -> Vocabulary:
        """Return the vocabulary that all models share."""
        return self.blend.items_

    @property
    def fresh(self) -> Blend:
        """Return the blend with the weights for pages of new items only."""
        return self.blend.on(Page.NEW)

    @property
    def members(self) -> Mapping[str, Recommender]:
        """Return the models of the blend by name."""
        return {member.name: member for member in self.blend.members}

    def member(self, name: str) -> Recommender | None:
        """Return a model by name, None when it was not trained."""
        return self.members.get(name)

    def save(self, folder: Path) -> None:
        """Write everything into an existing folder."""
        self.blend.save(folder / BLEND)
        self.repeats.save(folder / REPEATS)


def has_bundle(folder: Path) -> bool:
    """Tell whether collaborative training left something here."""
    return (folder / BLEND).is_file()


def load(folder: Path) -> Bundle:
    """Open what `Bundle.save` wrote. Raises ReleaseError when a file is absent or torn."""
    return Bundle(Blend.load(folder / BLEND), RepeatPolicy.load(folder / REPEATS))
