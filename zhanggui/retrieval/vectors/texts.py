"""What rows say: 63 bits of the hash of each row's text, by which vectors find their rows again."""

from dataclasses import dataclass, field

import numpy as np

from zhanggui.core.interactions import Longs
from zhanggui.core.passage import content_hash

SILENT = 0
"""What a row says that is not there."""


def said(content: str) -> int:
    """Return the number that stands for the text with this content hash (32 hex digits)."""
    return int(content[:16], 16) >> 1


_EMPTY = said(content_hash(""))


@dataclass(slots=True)
class Texts:
    """A number for each row, written in place by the one writer; 8 bytes a row."""

    _said: Longs = field(default_factory=lambda: np.zeros(1024, np.int64))
    _n: int = 0

    def now(self) -> Longs:
        """Return what the rows say: (n,). A view: whoever keeps it, copies it."""
        return self._said[: self._n]

    def of(self, rows: Longs) -> Longs:
        """Return what rows say, SILENT for rows that are not known."""
        known = rows < self._n
        return np.where(known, self._said[np.where(known, rows, 0)], SILENT)

    def say(self, rows: Longs, texts: Longs) -> Longs:
        """Note what rows say and return those that said something else."""
        changed: Longs = rows[self.of(rows) != texts]
        n = max(self._n, int(rows.max(initial=-1)) + 1)
        while n > len(self._said):
            self._said = np.concatenate((self._said, np.zeros_like(self._said)))
        self._said[rows] = texts
        self._n = n
        return changed

    def speaking(self) -> Longs:
        """Return the rows that say anything."""
        texts = self.now()
        return np.flatnonzero((texts != SILENT) & (texts != _EMPTY))
