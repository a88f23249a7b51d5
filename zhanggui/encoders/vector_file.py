"""The cache of vectors on disk: one append-only file per encoder.

A header names the encoder and its dimension. Each `put` appends one frame: mark, count, CRC-32 of the rest; then the
hashes (16 bytes each), then the vectors in fp16. Rounding a unit vector to fp16 keeps its cosine above .999999, and
halves what 100,000 products take to 78 MB, on disk and in the system's page cache.
A process that is killed tears the last frame at most; the tear is found by its checksum and cut. Appending is not
synced: a vector lost with the power is encoded again. What is used no more is forgotten by writing the rest into
another file, which takes its place in one rename.
"""

import fcntl
import logging
import os
import re
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import StoreError
from zhanggui.core.interactions import Floats
from zhanggui.data.aside import make_way
from zhanggui.encoders.vectors import Used, checked, forgettable

_HEADER = struct.Struct("<8sI52s")
_FRAME = struct.Struct("<4sII")
_MAGIC, _MARK = b"ZGVEC\x00\x00\x01", b"\xf0VEC"
_HASH_BYTES = 16
_PIECE = 4096
LOG = logging.getLogger(__name__)


class _Opened:
    """An open file, where its vectors lie, and where its last whole frame ends; closed when nobody reads from it."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self.places: dict[bytes, int] = {}
        self.end = _HEADER.size

    def size(self) -> int:
        return os.fstat(self.file).st_size

    def note(self, keys: bytes, start: int, dim: int) -> None:
        """Note where the vectors of these hashes lie: one after the other from `start` on."""
        names = (keys[at : at + _HASH_BYTES] for at in range(0, len(keys), _HASH_BYTES))
        for row, name in enumerate(names):
            self.places.setdefault(name, start + row * 2 * dim)

    def halves(self, keys: Sequence[bytes], dim: int) -> tuple[NDArray[np.bool_], NDArray[np.float16]]:
        """Return which hashes are known, and their vectors as they lie in the file, zeros where unknown."""
        places = [self.places.get(key) for key in keys]
        halves = np.zeros((len(keys), dim), np.float16)
        for row, place in enumerate(places):
            if place is not None:
                halves[row] = np.frombuffer(os.pread(self.file, 2 * dim, place), np.float16)
        return np.array([place is not None for place in places], np.bool_), halves

    def close(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()


class VectorCache:
    """Implements `Vectors` in a file of `folder`. Several processes may write: a lock on the file orders them.

    `damaged` counts the bytes that were cut when it was opened.
    """

    def __init__(self, folder: Path, *, encoder: str, dim: int) -> None:
        self.dim = dim
        self.path = _file_of(folder, encoder, dim)
        self._beside = self.path.with_name(f"{self.path.name}.new")
        self.damaged = 0
        self._writing = threading.Lock()
        self._header = _HEADER.pack(_MAGIC, dim, zlib.crc32(encoder.encode()).to_bytes(4, "little"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            make_way(self.path)
            self._opened = _Opened(self.path)
        except OSError as fault:
            raise StoreError(f"Cannot open {self.path}: {fault}. Make the folder writable.") from fault
        with self._locked():
            self._check_header()
            self._absorb()
            self._cut()
            self._sweep()

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Read many vectors at once; rounding to fp16 leaves their length within .001 of one."""
        found, halves = self._opened.halves([bytes.fromhex(name) for name in hashes], self.dim)
        return found, halves.astype(np.float32)

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Append what is new; it is readable when this returns."""
        checked(hashes, vectors, self.dim)
        with self._locked():
            self._absorb()
            fresh = {bytes.fromhex(name): row for row, name in reversed(list(enumerate(hashes)))}
            rows = sorted(row for key, row in fresh.items() if key not in self._opened.places)
            if rows:
                self._append(b"".join(bytes.fromhex(hashes[row]) for row in rows), vectors[rows])

    def forget(self, used: Used, *, spare: int) -> int:
        """Write what stays into another file and put it in place; a file that cannot be written changes nothing."""
        with self._locked():
            self._absorb()
            hashes = [key.hex() for key in self._opened.places]
            stays, gone = forgettable(hashes, used, spare=spare)
            if gone:
                self._rewrite([bytes.fromhex(name) for name in stays])
        return gone

    def __contains__(self, content_hash: str) -> bool:
        return bytes.fromhex(content_hash) in self._opened.places

    def __len__(self) -> int:
        return len(self._opened.places)

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        self._opened.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the file that has the name: another process may have put another one in its place."""
        with self._writing:
            locked = self._opened
            fcntl.flock(locked.file, fcntl.LOCK_EX)
            while self._replaced(locked):
                fcntl.flock(locked.file, fcntl.LOCK_UN)
                locked = self._opened = _Opened(self.path)
                fcntl.flock(locked.file, fcntl.LOCK_EX)
                self._check_header()
            try:
                yield
            finally:
                fcntl.flock(locked.file, fcntl.LOCK_UN)

    def _replaced(self, locked: _Opened) -> bool:
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(locked.file))
        except OSError:  # somebody removed it: what is open serves on
            return False

    def _check_header(self) -> None:
        opened = self._opened
        present = os.pread(opened.file, _HEADER.size, 0)
        if present == self._header:
            return
        if len(present) == _HEADER.size:  # its name says whose it is: the file was altered; the vectors are made anew
            LOG.warning("%s has another head than it was given; it is begun anew", self.path)
            self.damaged += opened.size()
        os.ftruncate(opened.file, 0)  # new, or killed while it was made, or altered
        os.pwrite(opened.file, self._header, 0)

    def _absorb(self) -> None:
        """Take in the whole frames from the known end on: all of them at first, later those of other processes."""
        opened = self._opened
        while (frame := _FRAME.size + opened.end) <= opened.size():
            mark, count, checksum = _FRAME.unpack(os.pread(opened.file, _FRAME.size, opened.end))
            length = count * (_HASH_BYTES + 2 * self.dim)
            if mark != _MARK or frame + length > opened.size():
                return
            content = os.pread(opened.file, length, frame)
            if zlib.crc32(content) != checksum:
                return
            opened.note(content[: count * _HASH_BYTES], frame + count * _HASH_BYTES, self.dim)
            opened.end = frame + length

    def _append(self, keys: bytes, vectors: Floats | NDArray[np.float16]) -> None:
        opened = self._opened
        content = keys + np.ascontiguousarray(vectors, np.float16).tobytes()
        frame = _FRAME.pack(_MARK, len(vectors), zlib.crc32(content)) + content
        try:
            written = os.pwrite(opened.file, frame, opened.end)
        except OSError as fault:
            raise StoreError(f"Cannot write to {self.path}: {fault}. Free some space.") from fault
        if written != len(frame):
            self._cut()
            raise StoreError(f"{self.path} took {written} of {len(frame)} bytes. Free some space on the disk.")
        opened.note(keys, opened.end + _FRAME.size + len(keys), self.dim)
        opened.end += len(frame)

    def _rewrite(self, keys: Sequence[bytes]) -> None:
        """Put a file in place that has the vectors of these hashes only, in this order. The lock is held."""
        before = self._opened
        try:
            self._beside.unlink(missing_ok=True)
            self._opened = _Opened(self._beside)
            os.pwrite(self._opened.file, self._header, 0)
            for at in range(0, len(keys), _PIECE):
                piece = keys[at : at + _PIECE]
                self._append(b"".join(piece), before.halves(piece, self.dim)[1])
            os.fsync(self._opened.file)  # else a power cut might leave the name with nothing behind it
            self._beside.replace(self.path)
        except (OSError, StoreError) as fault:
            self._opened = before
            self._sweep()
            raise StoreError(f"Cannot write {self._beside}: {fault} {self.path.name} stays as it is.") from fault

    def _sweep(self) -> None:
        """Delete what was not put in place. The lock is held: nobody writes it now."""
        with suppress(OSError):
            self._beside.unlink(missing_ok=True)

    def _cut(self) -> None:
        self.damaged += self._opened.size() - self._opened.end
        os.ftruncate(self._opened.file, self._opened.end)


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
