"""Which rows hold the vector in a place, as it was when a graph was made."""

from dataclasses import dataclass

import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs


@dataclass(frozen=True, slots=True)
class Holders:
    """The rows of place p are `rows[starts[p]:starts[p + 1]]`."""

    starts: Longs
    rows: Ints

    @classmethod
    def of(cls, slot: Ints, places: int) -> "Holders":
        """Return the holders of so many places, from the place of each row."""
        held = np.flatnonzero(slot >= 0)
        order = held[np.argsort(slot[held], kind="stable")].astype(np.int32)
        starts = np.concatenate(([0], np.cumsum(np.bincount(slot[held], minlength=places))))
        return cls(starts, order)

    def expand(self, places: Longs, cosines: Floats) -> tuple[Longs, Longs, Floats]:
        """Return the rows of places, and for each its place and cosine."""
        counts = self.starts[places + 1] - self.starts[places]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        at = np.arange(total) + np.repeat(self.starts[places] - ends + counts, counts)
        return self.rows[at].astype(np.int64), np.repeat(places, counts), np.repeat(cosines, counts)
