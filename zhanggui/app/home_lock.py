"""One home, one process that has its projections open: an operating system's lock, which a killed process gives back.

What only writes to the Store (import, train, backup, erase) needs no lock: the Store orders writers itself, and the
server follows its feed.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from zhanggui.core.errors import ConfigError

FILE = "serve.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the home open: `url` is empty for a command that answers once, `started` is epoch seconds."""

    pid: int = 0
    url: str = ""
    started: int = 0

    def __str__(self) -> str:
        where = f" at {self.url}" if self.url else ""
        return f"process {self.pid}{where}" if self.pid else "another process"


class HeldError(ConfigError):
    """The home is open in another process; `holder` tells which."""

    code = "home_held"

    def __init__(self, home: Path, holder: Holder) -> None:
        self.holder = holder
        stop = f"stop it (kill {holder.pid})" if holder.pid else "stop it"
        super().__init__(f"The home {str(home)!r} is open in {holder}. Cure: {stop}, or name another home with --home.")


class HomeLock:
    """The lock while it is held; `tell` writes down where the holder can be asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, url: str) -> None:
        """Write who holds the home, for those who come second."""
        content = orjson.dumps(asdict(Holder(os.getpid(), url, int(time.time()))))
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content + b"\n", 0)


@contextmanager
def held(home: Path) -> Iterator[HomeLock]:
    """Hold the home. Raises HeldError at once when another process does, ConfigError when there can be no lock file."""
    descriptor = _opened(home)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldError(home, _read(descriptor)) from None
        lock = HomeLock(descriptor)
        lock.tell("")
        yield lock
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _opened(home: Path) -> int:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return os.open(home / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigError(
            f"The home {str(home)!r} cannot be used: {error.strerror}. Cure: give a folder that you own with --home."
        ) from None


def _read(descriptor: int) -> Holder:
    try:
        return Holder(**orjson.loads(os.pread(descriptor, 4096, 0)))
    except (orjson.JSONDecodeError, TypeError):
        return Holder()
