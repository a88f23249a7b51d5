"""Vectors by the hash of the text that they stand for, so that every distinct text is encoded once."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats

Used = Callable[[Sequence[str]], NDArray[np.bool_]]
"""Tells for each of n content hashes whether its text is in use: (n,)."""

_PIECE = 65_536


class Vectors(Protocol):
    """One vector per content hash (`core.passage.content_hash`). Many threads may read while one writes."""

    dim: int

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Return which are known, shape (n,), and their vectors, shape (n, dim), zeros where unknown."""
        ...

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Keep vectors, shape (n, dim); a hash that is known keeps the vector that it has."""
        ...

    def forget(self, used: Used, *, spare: int) -> int:
        """Let go of vectors that are not in use, but for the `spare` ones kept or used last; return how many went.

        Vectors in use count as used now, the others as used when they last were, or were put.
        """
        ...

    def __contains__(self, content_hash: str) -> bool: ...

    def __len__(self) -> int: ...

    def close(self) -> None: ...


class MemoryVectorCache:
    """Implements `Vectors` in a dictionary."""

    def __init__(self, *, dim: int) -> None:
        self.dim = dim
        self._vectors: dict[str, Floats] = {}

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Look up many at once."""
        known = [self._vectors.get(name) for name in hashes]
        matrix = np.zeros((len(hashes), self.dim), np.float32)
        for row, vector in enumerate(known):
            if vector is not None:
                matrix[row] = vector
        return np.array([vector is not None for vector in known], np.bool_), matrix

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Keep what is new."""
        checked(hashes, vectors, self.dim)
        for name, vector in zip(hashes, vectors, strict=True):
            self._vectors.setdefault(name, np.array(vector, np.float32))

    def forget(self, used: Used, *, spare: int) -> int:
        """Let go of what is not in use, but for the latest `spare`."""
        stays, gone = forgettable(list(self._vectors), used, spare=spare)
        self._vectors = {name: self._vectors[name] for name in stays} if gone else self._vectors
        return gone

    def __contains__(self, content_hash: str) -> bool:
        return content_hash in self._vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def close(self) -> None:
        """Do nothing: there is nothing to let go."""


def checked(hashes: Sequence[str], vectors: Floats, dim: int) -> None:
    """Refuse vectors of another shape than (hashes, dim) or with numbers that are not finite."""
    if vectors.shape != (len(hashes), dim):
        raise ValueError(f"{len(hashes)} hashes need vectors of shape ({len(hashes)}, {dim}). Got {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise ValueError("Vectors must be finite: the encoder that made them is broken.")


def forgettable(hashes: Sequence[str], used: Used, *, spare: int) -> tuple[list[str], int]:
    """Return which of the hashes (the oldest first) stay, those in use last, and how many of them go.

    >>> even = lambda hashes: np.array([int(name) % 2 == 0 for name in hashes])
    >>> forgettable(["1", "2", "3", "4", "5"], even, spare=1)
    (['5', '2', '4'], 2)
    """
    pieces = [used(hashes[at : at + _PIECE]) for at in range(0, len(hashes), _PIECE)]
    needed = np.concatenate([np.zeros(0, np.bool_), *pieces])
    unused = np.flatnonzero(~needed)
    gone = max(0, len(unused) - spare)
    stays = np.concatenate((unused[gone:], np.flatnonzero(needed)))
    return [hashes[at] for at in stays.tolist()], gone
