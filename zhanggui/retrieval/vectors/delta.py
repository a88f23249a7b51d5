"""What came after a graph was made: few vectors, scanned exactly, until the next graph holds them, too."""

from dataclasses import dataclass, field

import numpy as np

from zhanggui.core.interactions import Floats, Ints
from zhanggui.retrieval.vectors.exact import products
from zhanggui.retrieval.vectors.graph import Keys

_CHUNK = 8192


@dataclass(slots=True)
class Delta:
    """Vectors in chunks that are only written behind the end that readers know of; each distinct one once."""

    dim: int
    _chunks: list[Floats] = field(default_factory=list)
    _places: dict[int, int] = field(default_factory=dict)
    _n: int = 0

    def place(self, vectors: Floats, keys: Keys) -> Ints:
        """Take in vectors and return their places: (n,)."""
        return np.array(
            [self._place(vector, key) for vector, key in zip(vectors, keys.tolist(), strict=True)], np.int32
        )

    def vectors(self, places: Ints) -> Floats:
        """Return the vectors in some places: (n, dim)."""
        found = np.empty((len(places), self.dim), np.float32)
        for at, place in enumerate(places.tolist()):
            found[at] = self._chunks[place // _CHUNK][place % _CHUNK]
        return found

    def slices(self, n: int) -> list[Floats]:
        """Return the first n vectors, in pieces."""
        return [chunk[: n - at * _CHUNK] for at, chunk in enumerate(self._chunks[: -(-n // _CHUNK)])]

    def products(self, query: Floats, n: int) -> Floats:
        """Return the cosines of the first n vectors: (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *(products(piece, query) for piece in self.slices(n))])

    def __len__(self) -> int:
        return self._n

    def _place(self, vector: Floats, key: int) -> int:
        known = self._places.get(key)
        if known is not None and np.array_equal(self._chunks[known // _CHUNK][known % _CHUNK], vector):
            return known
        if self._n == len(self._chunks) * _CHUNK:
            self._chunks.append(np.zeros((_CHUNK, self.dim), np.float32))
        self._chunks[self._n // _CHUNK][self._n % _CHUNK] = vector
        self._places[key] = self._n
        self._n += 1
        return self._n - 1
