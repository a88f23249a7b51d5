"""What every check is given, and how a check says how it came out."""

from collections.abc import Mapping
from dataclasses import dataclass

from zhanggui.app.home_lock import FILE, Holder
from zhanggui.app.settings import Settings
from zhanggui.core.clock import Clock
from zhanggui.data.check import Finding, Status

MEGABYTE = 1_000_000
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Patient:
    """A shop to be looked over. `full` also reads what takes minutes in a large shop; `environ` is the environment."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    full: bool = False

    @property
    def lock_file(self) -> str:
        return str(self.settings.home / FILE)


@dataclass(frozen=True, slots=True)
class Server:
    """Who has the home open, and what it says of itself (nothing when it does not answer)."""

    holder: Holder | None = None
    health: Mapping[str, object] | None = None


def passed(name: str, fact: str, value: float = 0.0) -> Finding:
    return Finding(name, Status.PASS, fact, value)


def warned(name: str, fact: str, cure: str, value: float = 0.0) -> Finding:
    return Finding(name, Status.WARN, fact, value, cure)


def failed(name: str, fact: str, cure: str, value: float = 0.0) -> Finding:
    return Finding(name, Status.FAIL, fact, value, cure)


def least(name: str, fact: str, value: float, *, good: float, bearable: float, cure: str) -> Finding:
    """Judge a figure that should not be low."""
    status = Status.PASS if value >= good else Status.WARN if value >= bearable else Status.FAIL
    return Finding(name, status, fact, value, "" if status is Status.PASS else cure)
