"""Open a backup and prove every byte of it before anyone uses one."""

import gzip
import hashlib
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from zhanggui.core.errors import InputError
from zhanggui.data.archive import manifest as facts
from zhanggui.data.archive.manifest import Manifest, Member

PIECE = 1 << 20
_PART = r"[A-Za-z0-9_@-][A-Za-z0-9._@-]*"
_PLACE = re.compile(rf"(store/{_PART}|releases/{_PART}(/{_PART})*|vectors/{_PART})")
_LARGEST_MANIFEST = 64 << 20
_CURE = "Restore from another one"

Tick = Callable[[int, int], None]


class Archive:
    """A proven backup."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a gzipped member."""
        with self._content(name) as stream, gzip.open(stream) as lines:
            yield from lines

    def copy(self, name: str, target: Path) -> None:
        """Write a member to a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._content(name) as stream, target.open("xb") as file:
            while piece := stream.read(PIECE):
                file.write(piece)

    def _content(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(name)
        if stream is None:
            raise InputError(f"The backup's member {name} is no file. {_CURE}.")
        return stream


@contextmanager
def opened_archive(path: Path, *, on_progress: Tick | None = None) -> Iterator[Archive]:
    """Open a backup, comparing size and SHA-256 of every member. Raises InputError: torn, altered, foreign."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield Archive(tar, _proven(path, tar, on_progress))
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{str(path)!r} is no backup of zhanggui, or torn: {error}. {_CURE}.") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}. Name a file of: zhanggui backup") from error


def looks_like_backup(path: Path) -> bool:
    """Tell whether a file begins as a backup does, whole or torn."""
    try:
        with tarfile.open(path, "r:") as tar:
            first = tar.next()
    except (tarfile.TarError, EOFError, OSError):
        return False
    return first is not None and first.name.startswith("store/")


def _proven(path: Path, tar: tarfile.TarFile, on_progress: Tick | None) -> Manifest:
    found = tar.getmembers()
    names = [info.name for info in found]
    if names[-2:] != [facts.NAME, facts.PROOF]:
        raise InputError(f"{str(path)!r} is no backup of zhanggui, or its end is missing. {_CURE}.")
    _refuse_strange(found)
    manifest = _manifest(tar)
    tables = {f"store/{name}.jsonl.gz" for name in manifest.tables}
    if sorted(names[:-2]) != sorted(manifest.members) or not tables <= set(names):
        raise InputError(f"{str(path)!r} was altered: its members are not those of its manifest. {_CURE}.")
    for number, name in enumerate(names[:-2], 1):
        if _member(tar, name) != manifest.members[name]:
            raise InputError(f"{str(path)!r} was altered: {name} has another size or SHA-256 than written. {_CURE}.")
        if on_progress:
            on_progress(number, len(names) - 2)
    return manifest


def _refuse_strange(found: list[tarfile.TarInfo]) -> None:
    """Refuse whatever could be written anywhere but where it belongs: links, devices, paths that lead out."""
    for info in found[:-2]:
        if info.type != tarfile.REGTYPE or not _PLACE.fullmatch(info.name):
            raise InputError(f"The backup has a member {info.name!r}, which cannot be one of ours. {_CURE}.")
    if any(info.size > _LARGEST_MANIFEST or info.type != tarfile.REGTYPE for info in found[-2:]):
        raise InputError(f"The backup's manifest cannot be one of ours. {_CURE}.")


def _manifest(tar: tarfile.TarFile) -> Manifest:
    content, proof = (stream.read() for name in (facts.NAME, facts.PROOF) if (stream := tar.extractfile(name)))
    if proof != f"{hashlib.sha256(content).hexdigest()}\n".encode():
        raise InputError(f"The backup was altered: its manifest has another SHA-256 than written. {_CURE}.")
    return facts.read(content)


def _member(tar: tarfile.TarFile, name: str) -> Member:
    digest, size = hashlib.sha256(), 0
    stream = tar.extractfile(name)
    while stream and (piece := stream.read(PIECE)):
        digest.update(piece)
        size += len(piece)
    return Member(size, digest.hexdigest())
