"""The cache of vectors on disk: one append-only file per encoder.

A header names the encoder and its dimension. Each `put` appends one frame: mark, count, CRC-32 of the rest; then the
hashes (16 bytes each), then the vectors in fp16. Rounding a unit vector to fp16 keeps its cosine above .999999, and
halves what 100,000 products take to 78 MB, on disk and in the system's page cache.
A process that is killed tears the last frame at most; the tear is found by its checksum and cut. Nothing is synced:
a vector lost with the power is encoded again.
"""

import fcntl
import logging
import os
import re
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import StoreError
from zhanggui.core.interactions import Floats
from zhanggui.data.aside import make_way
from zhanggui.encoders.vectors import checked

_HEADER = struct.Struct("<8sI52s")
_FRAME = struct.Struct("<4sII")
_MAGIC, _MARK = b"ZGVEC\x00\x00\x01", b"\xf0VEC"
_HASH_BYTES = 16
LOG = logging.getLogger(__name__)


class VectorCache:
    """Implements `Vectors` in a file of `folder`. Several processes may append: a lock on the file orders them.

    `damaged` counts the bytes that were cut when it was opened.
    """

    def __init__(self, folder: Path, *, encoder: str, dim: int) -> None:
        self.dim = dim
        self.path = _file_of(folder, encoder, dim)
        self.damaged = 0
        self._places: dict[bytes, int] = {}
        self._writing = threading.Lock()
        self._header = _HEADER.pack(_MAGIC, dim, zlib.crc32(encoder.encode()).to_bytes(4, "little"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            make_way(self.path)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as fault:
            raise StoreError(f"Cannot open {self.path}: {fault}. Make the folder writable.") from fault
        with self._locked():
            self._end = self._checked_header()
            self._absorb()
            self._cut()

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Read many vectors at once; rounding to fp16 leaves their length within .001 of one."""
        places = [self._places.get(bytes.fromhex(name)) for name in hashes]
        found = np.array([place is not None for place in places], np.bool_)
        halves = np.zeros((len(hashes), self.dim), np.float16)
        for row, place in enumerate(places):
            if place is not None:
                halves[row] = np.frombuffer(os.pread(self._file, 2 * self.dim, place), np.float16)
        return found, halves.astype(np.float32)

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Append what is new; it is readable when this returns."""
        checked(hashes, vectors, self.dim)
        with self._locked():
            self._absorb()
            fresh = {bytes.fromhex(name): row for row, name in reversed(list(enumerate(hashes)))}
            rows = sorted(row for key, row in fresh.items() if key not in self._places)
            if rows:
                self._append(b"".join(bytes.fromhex(hashes[row]) for row in rows), vectors[rows])

    def __contains__(self, content_hash: str) -> bool:
        return bytes.fromhex(content_hash) in self._places

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._writing:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _checked_header(self) -> int:
        present = os.pread(self._file, _HEADER.size, 0)
        if len(present) < _HEADER.size:  # new, or killed while it was made
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, self._header, 0)
        elif present != self._header:  # its name says whose it is: the file was altered; the vectors are made anew
            LOG.warning("%s has another head than it was given; it is begun anew", self.path)
            self.damaged += self._size()
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, self._header, 0)
        return _HEADER.size

    def _absorb(self) -> None:
        """Take in the whole frames from the known end on: all of them at first, later those of other processes."""
        while (frame := _FRAME.size + self._end) <= self._size():
            mark, count, checksum = _FRAME.unpack(os.pread(self._file, _FRAME.size, self._end))
            length = count * (_HASH_BYTES + 2 * self.dim)
            if mark != _MARK or frame + length > self._size():
                return
            content = os.pread(self._file, length, frame)
            if zlib.crc32(content) != checksum:
                return
            self._note(content[: count * _HASH_BYTES], frame + count * _HASH_BYTES)
            self._end = frame + length

    def _note(self, keys: bytes, start: int) -> None:
        names = (keys[at : at + _HASH_BYTES] for at in range(0, len(keys), _HASH_BYTES))
        for row, name in enumerate(names):
            self._places.setdefault(name, start + row * 2 * self.dim)

    def _append(self, keys: bytes, vectors: Floats) -> None:
        content = keys + np.ascontiguousarray(vectors, np.float16).tobytes()
        frame = _FRAME.pack(_MARK, len(vectors), zlib.crc32(content)) + content
        try:
            written = os.pwrite(self._file, frame, self._end)
        except OSError as fault:
            raise StoreError(f"Cannot write to {self.path}: {fault}. Free some space.") from fault
        if written != len(frame):
            self._cut()
            raise StoreError(f"{self.path} took {written} of {len(frame)} bytes. Free some space on the disk.")
        self._note(keys, self._end + _FRAME.size + len(keys))
        self._end += len(frame)

    def _cut(self) -> None:
        self.damaged += self._size() - self._end
        os.ftruncate(self._file, self._end)

    def _size(self) -> int:
        return os.fstat(self._file).st_size


def held_in(folder: Path, *, encoder: str, dim: int) -> tuple[frozenset[str], int]:
    """Return the hashes that a cache holds and how many bytes at its end are no whole frame. Changes nothing.

    Checksums are not compared: that would read every vector.
    """
    keys: set[str] = set()
    try:
        file = _file_of(folder, encoder, dim).open("rb")
    except (FileNotFoundError, IsADirectoryError):
        return frozenset(), 0
    with file:
        size, end = os.fstat(file.fileno()).st_size, _HEADER.size
        while (frame := _FRAME.size + end) <= size:
            mark, count, _ = _FRAME.unpack(os.pread(file.fileno(), _FRAME.size, end))
            if mark != _MARK or frame + count * (_HASH_BYTES + 2 * dim) > size:
                break
            names = os.pread(file.fileno(), count * _HASH_BYTES, frame).hex()
            keys.update(names[at : at + 2 * _HASH_BYTES] for at in range(0, len(names), 2 * _HASH_BYTES))
            end = frame + count * (_HASH_BYTES + 2 * dim)
    return frozenset(keys), max(0, size - end)


def _file_of(folder: Path, encoder: str, dim: int) -> Path:
    return folder / f"{_slug(encoder)}-{dim}.vec"


def _slug(encoder: str) -> str:
    """Make a file's name of an encoder's; names that differ only in what is replaced keep apart by a checksum."""
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "_", encoder).lstrip(".")[:80]
    return plain if plain == encoder else f"{plain}-{zlib.crc32(encoder.encode()):08x}"
