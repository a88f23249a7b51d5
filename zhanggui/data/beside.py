"""Folders that are filled beside their place and put there by one rename; what a killed process left is swept away.

Who fills a folder holds a lock on it (flock), which the system gives back when the process ends in any way. So a folder
of the kind that can be locked belongs to nobody.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".new-"


@contextmanager
def beside(parent: Path) -> Iterator[Path]:
    """Give a new folder in `parent` (made when absent) to fill and rename; what was not renamed is deleted."""
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent):  # else a sweeper might come between making and locking
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        held = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def sweep(parent: Path) -> int:
    """Delete the folders that nobody fills any more; return how many. One that cannot be deleted stays."""
    if not any(parent.glob(f"{PREFIX}*")):
        return 0
    swept = 0
    with suppress(OSError), _locked(parent):
        for folder in parent.glob(f"{PREFIX}*"):
            with suppress(OSError):
                with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(folder)
                swept += 1
    return swept


def sync(folder: Path) -> None:
    """Bring a folder and all that is in it to the disk, so that a rename afterwards shows it whole or not at all."""
    for path in (*folder.rglob("*"), folder):
        held = os.open(path, os.O_RDONLY)
        try:
            os.fsync(held)
        finally:
            os.close(held)


@contextmanager
def _locked(folder: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    held = _lock(folder, how)
    try:
        yield
    finally:
        os.close(held)


def _lock(folder: Path, how: int = fcntl.LOCK_EX) -> int:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, how)
    except BaseException:
        os.close(held)
        raise
    return held
