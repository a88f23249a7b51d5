"""A file as a stream of lines in blocks, unpacked if need be, in bounded memory and time."""

import gzip
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from zhanggui.core.errors import InputError

BLOCK = 2_000_000
LONGEST_LINE = 16_000_000
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"

EXPANSION = 400
"""Records pack to a fifth, dull ones to a fiftieth; gzip itself ends at about a thousandth: a bomb."""

EXPANSION_FROM = 32_000_000
"""Bytes unpacked before the expansion is judged."""

_KINDS = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import; `size` is what it takes on disk, in bytes."""

    path: Path
    size: int
    zipped: bool

    @classmethod
    def at(cls, path: Path) -> "Source":
        """Look at a file. Raises InputError when it cannot be read, is no file, or is empty."""
        try:
            size = _size(path)
            with path.open("rb") as stream:
                return cls(path, size, stream.read(2) == GZIP)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}. Name a file that is there and yours.") from None

    def head(self, size: int = 4096) -> bytes:
        """Return the first bytes, unpacked."""
        with self.path.open("rb") as stream:
            try:
                return gzip.GzipFile(fileobj=stream).read(size) if self.zipped else stream.read(size)
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{self.path} is no whole gzip file: {error}. Fetch it again.") from error

    def blocks(self) -> Iterator[tuple[list[bytes], int]]:
        """Yield lists of whole lines without their ends, and how many bytes on disk are behind us.

        Raises InputError when the file breaks off, a line does not end, or the file unpacks to what no file of records
        does; the lines before have been yielded.
        """
        parts: list[bytes] = []
        count = held = read = 0
        with self.path.open("rb") as stream:
            plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if self.zipped else stream
            while block := self._read(plain, count):
                whole, read = block if read else block.removeprefix(BOM), read + len(block)
                self._refuse_bomb(read, stream.tell())
                begun, end, rest = whole.rpartition(b"\n")
                if end:
                    lines = b"".join((*parts, begun)).split(b"\n")
                    parts, held, count = [], 0, count + len(lines)
                    yield [line.removesuffix(b"\r") for line in lines], stream.tell()
                parts.append(rest)
                held += len(rest)
                if held > LONGEST_LINE:
                    raise InputError(f"{self.path}, line {count + 1} is longer than {LONGEST_LINE:,} bytes. Part it.")
        if last := b"".join(parts):
            yield [last.removesuffix(b"\r")], self.size

    def _read(self, stream: BinaryIO, count: int) -> bytes:
        try:
            return stream.read(BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            fact = f"{self.path} breaks off after line {count}: {error}."
            raise InputError(f"{fact} Fetch it again and import it again: repeats are harmless.") from error

    def _refuse_bomb(self, unpacked: int, packed: int) -> None:
        if self.zipped and unpacked > EXPANSION_FROM and unpacked > EXPANSION * packed:
            raise InputError(
                f"{self.path} unpacks to more than {EXPANSION} times its size: no file of records does. "
                "If it is meant so, unpack it first: gunzip FILE."
            )


def _size(path: Path) -> int:
    """Return the size of a regular file that holds something; reading from a pipe could wait for ever."""
    found = path.stat()
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name the files in it, or the --format of the set that it holds.")
    if not stat.S_ISREG(found.st_mode):
        kind = next((word for test, word in _KINDS.items() if test(found.st_mode)), "no file")
        raise InputError(f"{path} is {kind}, must be a file. To read what a command writes, name -: COMMAND | … -.")
    if not found.st_size:
        raise InputError(f"{path} is empty: not even a header is in it. Write it again.")
    return found.st_size
