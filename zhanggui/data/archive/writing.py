"""Write a tar member by member, each of a length that is known only when it ends."""

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import BinaryIO

import orjson

from zhanggui.core.ids import Millis
from zhanggui.data.archive.manifest import NAME, PROOF, Manifest, Member


class ArchiveWriter:
    """Append members to a file that is open for reading and writing; `finish` makes it whole."""

    def __init__(self, stream: BinaryIO, *, created: Millis) -> None:
        self._stream = stream
        self._seconds = created // 1000
        self.members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator["MemberWriter"]:
        """Begin a member; what is written to the yielded writer becomes its content."""
        start = self._stream.tell()
        head = len(self._stream_header(name, 0))
        writer = MemberWriter(self._stream)
        yield writer
        end = self._stream.tell()
        self._stream.seek(start)
        self._stream_header(name, end - start - head)
        self._stream.seek(end)
        self._stream.write(bytes(-(end - start) % tarfile.BLOCKSIZE))
        self.members[name] = Member(end - start - head, writer.sha256())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, with all members in it, its proof, and the end of the tar."""
        whole = replace(manifest, members=dict(self.members))
        with self.member(NAME) as writer:
            writer.write(orjson.dumps(asdict(whole), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        digest = self.members[NAME].sha256
        with self.member(PROOF) as writer:
            writer.write(f"{digest}\n".encode())
        self._stream.write(bytes(2 * tarfile.BLOCKSIZE))
        return whole

    def _stream_header(self, name: str, size: int) -> bytes:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._seconds
        header = info.tobuf(tarfile.GNU_FORMAT)
        self._stream.write(header)
        return header


class MemberWriter:
    """Write content and digest it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Append to the member."""
        self._stream.write(content)
        self._digest.update(content)

    def sha256(self) -> str:
        """Return the digest of all that was written, in hexadecimal."""
        return self._digest.hexdigest()
