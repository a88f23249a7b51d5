"""A file as a stream of lines in blocks, unpacked if need be, in bounded memory."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from zhanggui.core.errors import InputError

BLOCK = 2_000_000
LONGEST_LINE = 64_000_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import; `size` is what it takes on disk, in bytes."""

    path: Path
    size: int
    zipped: bool

    @classmethod
    def at(cls, path: Path) -> "Source":
        """Look at a file. Raises InputError when it cannot be read."""
        try:
            with path.open("rb") as stream:
                return cls(path, path.stat().st_size, stream.read(2) == b"\x1f\x8b")
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error

    def head(self, size: int = 4096) -> bytes:
        """Return the first bytes, unpacked."""
        with self.path.open("rb") as stream:
            try:
                return gzip.GzipFile(fileobj=stream).read(size) if self.zipped else stream.read(size)
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{self.path} is no whole gzip file: {error}. Fetch it again.") from error

    def blocks(self) -> Iterator[tuple[list[bytes], int]]:
        """Yield lists of whole lines without their ends, and how many bytes on disk are behind us.

        Raises InputError when the file breaks off; the lines before have been yielded.
        """
        rest, count = b"", 0
        with self.path.open("rb") as stream:
            plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if self.zipped else stream
            while block := self._read(plain, count):
                block = block.removeprefix(_BOM) if not count and not rest else block
                *lines, rest = (rest + block).split(b"\n")
                count += len(lines)
                if len(rest) > LONGEST_LINE:
                    raise InputError(f"{self.path}, line {count + 1} is longer than {LONGEST_LINE:,} bytes. Part it.")
                if lines:
                    yield [line.removesuffix(b"\r") for line in lines], stream.tell()
        if rest:
            yield [rest.removesuffix(b"\r")], self.size

    def _read(self, stream: BinaryIO, count: int) -> bytes:
        try:
            return stream.read(BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            fact = f"{self.path} breaks off after line {count}: {error}."
            raise InputError(f"{fact} Fetch it again and import it again: repeats are harmless.") from error
