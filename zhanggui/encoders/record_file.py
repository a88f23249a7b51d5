"""Records by the hash of a text, in one append-only file: what both caches of an encoder's work are written with.

A header says whose they are. Each `put` appends one frame: mark, count, CRC-32 of the rest; then the hashes (16 bytes
each), where records differ in length their lengths (2 bytes each), then the records.
A process that is killed tears the last frame at most; the tear is found by its checksum and cut. Nothing is synced:
what is lost with the power is made again.
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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhanggui.core.errors import StoreError
from zhanggui.data.aside import make_way

_HEADER = struct.Struct("<8sI52s")
_FRAME = struct.Struct("<4sII")
_HASH_BYTES = 16
_LENGTH = np.dtype("<u2")
LONGEST = 0xFFFF
"""Bytes of a record, where they differ in length."""

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Form:
    """What a file of records looks like: its marks, and bytes of each record (0: each has its own length)."""

    magic: bytes
    mark: bytes
    record: int = 0

    def head(self, count: int) -> int:
        """Return how many bytes of a frame's content tell of its records."""
        return count * (_HASH_BYTES + (0 if self.record else _LENGTH.itemsize))

    def lengths(self, head: bytes, count: int) -> list[int]:
        """Return how long each record is."""
        if self.record:
            return [self.record] * count
        return [int(length) for length in np.frombuffer(head, _LENGTH, offset=count * _HASH_BYTES)]


class RecordFile:
    """Bytes by hash (32 hex digits). Several processes may append: a lock on the file orders them.

    `damaged` counts the bytes that were cut when it was opened. Many threads may read while one writes.
    """

    def __init__(self, path: Path, form: Form, *, owner: str, size: int) -> None:
        self.path, self.damaged = path, 0
        self._form = form
        self._places: dict[bytes, int] = {}  # where a record begins, and in the lowest two bytes how long it is
        self._writing = threading.Lock()
        self._header = _HEADER.pack(form.magic, size, zlib.crc32(owner.encode()).to_bytes(4, "little"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            make_way(path)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as fault:
            raise StoreError(f"Cannot open {path}: {fault}. Make the folder writable.") from fault
        with self._locked():
            self._end = self._checked_header()
            self._absorb()
            self._cut()

    def get(self, key: str) -> bytes | None:
        """Return a record."""
        place = self._places.get(bytes.fromhex(key))
        return None if place is None else os.pread(self._file, place & LONGEST, place >> 16)

    def put(self, keys: Sequence[str], records: Sequence[bytes]) -> None:
        """Append what is new; it is readable when this returns. A hash that is known keeps the record that it has."""
        with self._locked():
            self._absorb()
            fresh = {bytes.fromhex(key): row for row, key in reversed(list(enumerate(keys)))}
            rows = sorted(row for key, row in fresh.items() if key not in self._places)
            if rows:
                self._append([bytes.fromhex(keys[row]) for row in rows], [records[row] for row in rows])

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._places

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
        elif present != self._header:  # its name says whose it is: the file was altered; all is made anew
            LOG.warning("%s has another head than it was given; it is begun anew", self.path)
            self.damaged += self._size()
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, self._header, 0)
        return _HEADER.size

    def _absorb(self) -> None:
        """Take in the whole frames from the known end on: all of them at first, later those of other processes."""
        for frame in frames(self._file, self._form, self._end):
            content = os.pread(self._file, frame.length, frame.start)
            if zlib.crc32(content) != frame.checksum:
                return
            self._note(content[: frame.head], frame)
            self._end = frame.start + frame.length

    def _note(self, head: bytes, frame: "Frame") -> None:
        start = frame.start + frame.head
        for at, length in enumerate(self._form.lengths(head, frame.count)):
            self._places.setdefault(head[at * _HASH_BYTES : (at + 1) * _HASH_BYTES], start << 16 | length)
            start += length

    def _append(self, keys: Sequence[bytes], records: Sequence[bytes]) -> None:
        lengths = b"" if self._form.record else np.array([len(one) for one in records], _LENGTH).tobytes()
        head = b"".join(keys) + lengths
        content = head + b"".join(records)
        whole = _FRAME.pack(self._form.mark, len(keys), zlib.crc32(content)) + content
        try:
            written = os.pwrite(self._file, whole, self._end)
        except OSError as fault:
            raise StoreError(f"Cannot write to {self.path}: {fault}. Free some space.") from fault
        if written != len(whole):
            self._cut()
            raise StoreError(f"{self.path} took {written} of {len(whole)} bytes. Free some space on the disk.")
        self._note(head, Frame(self._end + _FRAME.size, len(keys), len(head), len(content), 0))
        self._end += len(whole)

    def _cut(self) -> None:
        self.damaged += self._size() - self._end
        os.ftruncate(self._file, self._end)

    def _size(self) -> int:
        return os.fstat(self._file).st_size


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the content of a frame begins, how many records it has, how long its head and the whole are."""

    start: int
    count: int
    head: int
    length: int
    checksum: int


def frames(file: int, form: Form, end: int = _HEADER.size) -> Iterator[Frame]:
    """Yield the frames of an open file from `end` on, up to the first that is not whole. Checksums are not compared."""
    size = os.fstat(file).st_size
    while (start := end + _FRAME.size) <= size:
        mark, count, checksum = _FRAME.unpack(os.pread(file, _FRAME.size, end))
        head = form.head(count)
        if mark != form.mark or start + head > size:
            return
        length = head + sum(form.lengths(os.pread(file, head, start), count))
        if start + length > size:
            return
        yield Frame(start, count, head, length, checksum)
        end = start + length


def held_in(path: Path, form: Form) -> tuple[frozenset[str], int]:
    """Return the hashes that a file holds and how many bytes at its end are no whole frame. Changes nothing."""
    keys: set[str] = set()
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        return frozenset(), 0
    with file:
        end = _HEADER.size
        for frame in frames(file.fileno(), form):
            names = os.pread(file.fileno(), frame.count * _HASH_BYTES, frame.start).hex()
            keys.update(names[at : at + 2 * _HASH_BYTES] for at in range(0, len(names), 2 * _HASH_BYTES))
            end = frame.start + frame.length
        return frozenset(keys), max(0, os.fstat(file.fileno()).st_size - end)


def file_name(owner: str, dim: int, suffix: str) -> str:
    """Make a file's name of an encoder's; names that differ only in what is replaced keep apart by a checksum."""
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "_", owner).lstrip(".")[:80]
    return f"{plain if plain == owner else f'{plain}-{zlib.crc32(owner.encode()):08x}'}-{dim}{suffix}"
