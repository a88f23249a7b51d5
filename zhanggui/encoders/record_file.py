"""Records by the hash of a text, in one append-only file: what both caches of an encoder's work are written with.

A header says whose they are. Each `put` appends one frame: mark, count, CRC-32 of the rest; then the hashes (16 bytes
each), where records differ in length their lengths (2 bytes each), then the records.
A process that is killed tears the last frame at most; the tear is found by its checksum and cut. Appending is not
synced: what is lost with the power is made again. What is used no more is forgotten by writing the rest into another
file, which takes its place in one rename.
"""

import fcntl
import logging
import os
import re
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhanggui.core.errors import StoreError
from zhanggui.data.aside import make_way
from zhanggui.encoders.vectors import Used, forgettable

_HEADER = struct.Struct("<8sI52s")
_FRAME = struct.Struct("<4sII")
_HASH_BYTES = 16
_LENGTH = np.dtype("<u2")
_PIECE = 4096
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
    """Bytes by hash (32 hex digits). Several processes may write: a lock on the file orders them.

    `damaged` counts the bytes that were cut when it was opened. Many threads may read while one writes.
    """

    def __init__(self, path: Path, form: Form, *, owner: str, size: int) -> None:
        self.path, self.damaged = path, 0
        self._beside = path.with_name(f"{path.name}.new")
        self._form = form
        self._writing = threading.Lock()
        self._header = _HEADER.pack(form.magic, size, zlib.crc32(owner.encode()).to_bytes(4, "little"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            make_way(path)
            self._opened = _Opened(path, form)
        except OSError as fault:
            raise StoreError(f"Cannot open {path}: {fault}. Make the folder writable.") from fault
        with self._locked():
            self._check_header()
            self._absorb()
            self._cut()
            self._sweep()

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return records, None where a hash is unknown."""
        return self._opened.records([bytes.fromhex(key) for key in keys])

    def put(self, keys: Sequence[str], records: Sequence[bytes]) -> None:
        """Append what is new; it is readable when this returns. A hash that is known keeps the record that it has."""
        with self._locked():
            self._absorb()
            fresh = {bytes.fromhex(key): row for row, key in reversed(list(enumerate(keys)))}
            rows = sorted(row for key, row in fresh.items() if key not in self._opened.places)
            if rows:
                for at in range(0, len(rows), _PIECE):
                    piece = rows[at : at + _PIECE]
                    names, made = [bytes.fromhex(keys[row]) for row in piece], [records[row] for row in piece]
                    self._append(self._opened, names, made)

    def forget(self, used: Used, *, spare: int) -> int:
        """Write what stays into another file and put it in place; a file that cannot be written changes nothing.

        Nothing is forgotten where the disk has not room for twice the file.
        """
        with self._locked():
            self._absorb()
            stays, gone = forgettable([key.hex() for key in self._opened.places], used, spare=spare)
            if gone and shutil.disk_usage(self.path.parent).free < 2 * self._opened.size():
                return 0  # the shop needs what is left more
            if gone:
                self._rewrite([bytes.fromhex(name) for name in stays])
        return gone

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._opened.places

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
                locked = self._opened = _Opened(self.path, self._form)
                fcntl.flock(locked.file, fcntl.LOCK_EX)
                self._check_header()
            try:
                yield
            finally:
                fcntl.flock(locked.file, fcntl.LOCK_UN)

    def _replaced(self, locked: "_Opened") -> bool:
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(locked.file))
        except OSError:  # somebody removed it: what is open serves on
            return False

    def _check_header(self) -> None:
        opened = self._opened
        present = os.pread(opened.file, _HEADER.size, 0)
        if present == self._header:
            return
        if len(present) == _HEADER.size:  # its name says whose it is: the file was altered; all is made anew
            LOG.warning("%s has another head than it was given; it is begun anew", self.path)
            self.damaged += opened.size()
        os.ftruncate(opened.file, 0)  # new, or killed while it was made, or altered
        os.pwrite(opened.file, self._header, 0)

    def _absorb(self) -> None:
        """Take in the whole frames from the known end on: all of them at first, later those of other processes."""
        opened = self._opened
        for frame in frames(opened.file, self._form, opened.end):
            content = os.pread(opened.file, frame.length, frame.start)
            if zlib.crc32(content) != frame.checksum:
                return
            opened.note(content[: frame.head], frame)

    def _append(self, opened: "_Opened", keys: Sequence[bytes], records: Sequence[bytes]) -> None:
        lengths = b"" if self._form.record else np.array([len(one) for one in records], _LENGTH).tobytes()
        head = b"".join(keys) + lengths
        content = head + b"".join(records)
        whole = _FRAME.pack(self._form.mark, len(keys), zlib.crc32(content)) + content
        try:
            written = os.pwrite(opened.file, whole, opened.end)
        except OSError as fault:
            raise StoreError(f"Cannot write to {self.path}: {fault}. Free some space.") from fault
        if written != len(whole):
            os.ftruncate(opened.file, opened.end)
            raise StoreError(f"{self.path} took {written} of {len(whole)} bytes. Free some space on the disk.")
        opened.note(head, Frame(opened.end + _FRAME.size, len(keys), len(head), len(content), 0))

    def _rewrite(self, keys: Sequence[bytes]) -> None:
        """Put a file in place that has the records of these hashes only, in this order. The lock is held."""
        before = self._opened
        try:
            self._beside.unlink(missing_ok=True)
            after = _Opened(self._beside, self._form)
            os.pwrite(after.file, self._header, 0)
            for at in range(0, len(keys), _PIECE):
                piece = keys[at : at + _PIECE]
                kept = {key: one for key, one in zip(piece, before.records(piece), strict=True) if one is not None}
                self._append(after, list(kept), list(kept.values()))
            os.fsync(after.file)  # else a power cut might leave the name with nothing behind it
            self._beside.replace(self.path)
        except (OSError, StoreError) as fault:
            self._sweep()
            raise StoreError(f"Cannot write {self._beside}: {fault} {self.path.name} stays as it is.") from fault
        self._opened = after  # whoever reads from the other goes on with it

    def _sweep(self) -> None:
        """Delete what was not put in place. The lock is held: nobody writes it now."""
        with suppress(OSError):
            self._beside.unlink(missing_ok=True)

    def _cut(self) -> None:
        self.damaged += self._opened.size() - self._opened.end
        os.ftruncate(self._opened.file, self._opened.end)


class _Opened:
    """An open file, where its records lie, and where its last whole frame ends; closed when nobody reads from it."""

    def __init__(self, path: Path, form: Form) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self.places: dict[bytes, int] = {}  # where a record begins, and in the lowest two bytes how long it is
        self.end = _HEADER.size
        self._form = form

    def size(self) -> int:
        return os.fstat(self.file).st_size

    def note(self, head: bytes, frame: "Frame") -> None:
        """Note where the records of the frame at the end lie; the end is behind it now."""
        start = frame.start + frame.head
        for at, length in enumerate(self._form.lengths(head, frame.count)):
            self.places.setdefault(head[at * _HASH_BYTES : (at + 1) * _HASH_BYTES], start << 16 | length)
            start += length
        self.end = frame.start + frame.length

    def records(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return what lies where it was noted; a file that somebody cut shorter has it no more."""
        return [self._record(self.places.get(key)) for key in keys]

    def _record(self, place: int | None) -> bytes | None:
        if place is None:
            return None
        record = os.pread(self.file, place & LONGEST, place >> 16)
        return record if len(record) == place & LONGEST else None

    def close(self) -> None:
        file, self.file = self.file, -1
        if file >= 0:
            os.close(file)

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()


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
        told = os.pread(file, head, start)
        length = head + sum(form.lengths(told, count)) if len(told) == head else size
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
