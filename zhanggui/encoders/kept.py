"""Files that are made once and kept: written beside, put in place by one rename, checked when they are taken up."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from zhanggui.core.errors import ConfigError

_CHUNK = 1 << 20


def kept_file(folder: Path, stem: str, suffix: str, make: Callable[[], bytes]) -> Path:
    """Return `folder/STEM.DIGEST.SUFFIX`, made when it is missing; a file that does not match its digest is made anew.

    The digest of the content is part of the name, so that a torn file betrays itself. Two processes may do this at
    the same time: each writes a file of its own, and the last rename wins.
    """
    for path in sorted(folder.glob(f"{stem}.*{suffix}")):
        if path.name == _name(stem, file_digest(path), suffix):
            return path
        path.unlink(missing_ok=True)
    content = make()
    path = folder / _name(stem, hashlib.blake2b(content, digest_size=16).hexdigest(), suffix)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    except OSError as fault:
        raise ConfigError(f"Cannot keep {path.name} in {folder}: {fault}. Make the folder writable.") from fault
    return path


def file_digest(path: Path) -> str:
    """Return 128 bits of BLAKE2b over a file's content, in hex."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _name(stem: str, digest: str, suffix: str) -> str:
    return f"{stem}.{digest}{suffix}"


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".making-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
