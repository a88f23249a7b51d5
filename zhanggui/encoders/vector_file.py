"""The cache of vectors on disk: one file of records per encoder, each the hash of a text and its vector in fp16.

Rounding a unit vector to fp16 keeps its cosine above .999999, and halves what 100,000 products take to 78 MB, on disk
and in the system's page cache.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats
from zhanggui.encoders import record_file
from zhanggui.encoders.record_file import Form, RecordFile, file_name
from zhanggui.encoders.vectors import Used, checked

_SUFFIX = ".vec"


class VectorCache:
    """Implements `Vectors` in a file of `folder`. Several processes may append: a lock on the file orders them."""

    def __init__(self, folder: Path, *, encoder: str, dim: int) -> None:
        self.dim = dim
        self._file = RecordFile(folder / file_name(encoder, dim, _SUFFIX), _form(dim), owner=encoder, size=dim)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @property
    def damaged(self) -> int:
        """How many bytes were cut when it was opened."""
        return self._file.damaged

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Read many vectors at once; rounding to fp16 leaves their length within .001 of one."""
        records = self._file.get(hashes)
        found = np.array([record is not None for record in records], np.bool_)
        halves = np.zeros((len(hashes), self.dim), np.float16)
        for row, record in enumerate(records):
            if record is not None:
                halves[row] = np.frombuffer(record, np.float16)
        return found, halves.astype(np.float32)

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Append what is new; it is readable when this returns."""
        checked(hashes, vectors, self.dim)
        self._file.put(hashes, [row.tobytes() for row in np.ascontiguousarray(vectors, np.float16)])

    def forget(self, used: Used, *, spare: int) -> int:
        """Let go of vectors that are not in use, but for the `spare` ones kept or used last."""
        return self._file.forget(used, spare=spare)

    def __contains__(self, content_hash: str) -> bool:
        return content_hash in self._file

    def __len__(self) -> int:
        return len(self._file)

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        self._file.close()


def held_in(folder: Path, *, encoder: str, dim: int) -> tuple[frozenset[str], int]:
    """Return the hashes that a cache holds and how many bytes at its end are no whole frame. Changes nothing.

    Checksums are not compared: that would read every vector.
    """
    return record_file.held_in(folder / file_name(encoder, dim, _SUFFIX), _form(dim))


def _form(dim: int) -> Form:
    return Form(b"ZGVEC\x00\x00\x01", b"\xf0VEC", 2 * dim)
