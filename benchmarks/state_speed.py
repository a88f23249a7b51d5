"""The online state of a shop with 1.47 million acts: loading, a snapshot and back, and what a page asks of it.

python -m benchmarks.state_speed [ACTS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, Millis, UserId
from zhanggui.core.interactions import Interactions, Vocabulary
from zhanggui.state.memory import Memory, MemoryState
from zhanggui.state.snapshot import read_snapshot, write_snapshot

_USERS, _ITEMS, _DAYS = 2_469, 92_331, 290
_NOW = Millis(1_508_112_000_000)


def main() -> None:
    """Print milliseconds of each step, once, and of the questions at the median."""
    log = _log(int(sys.argv[1]) if len(sys.argv) > 1 else 1_469_307)
    state = MemoryState(FixedClock(_NOW))
    _once(f"load {len(log):,} acts", lambda: state.load(log, len(log)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        _once("write a snapshot", lambda: write_snapshot(state.memory(), path))
        again = MemoryState(FixedClock(_NOW))
        _once("read it and start from it", lambda: again.recall(_whole(path)))
    user = UserId("u0005")
    _often("history of a user", lambda: state.history(user))
    _often("trending, first 100, remembered", lambda: state.trending(k=100))
    _often("popular, first 100, remembered", lambda: state.popular(k=100))


def _log(n: int) -> Interactions:
    random = np.random.default_rng(0)
    user = np.sort(random.integers(_USERS, size=n)).astype(np.int32)
    time_ = _NOW - random.integers(_DAYS * DAY, size=n)
    order = np.lexsort((time_, user))
    item = np.minimum(random.pareto(0.8, size=n) * 50, _ITEMS - 1).astype(np.int32)
    kinds = np.full(n, EventType.PURCHASE.code, np.uint8)
    users, items = (f"u{row:04}" for row in range(_USERS)), (f"i{row:05}" for row in range(_ITEMS))
    return Interactions(
        Vocabulary(users), Vocabulary(items), user[order], item[order], time_[order], kinds, np.full(n, -1, np.int64)
    )


def _whole(path: Path) -> Memory:
    memory = read_snapshot(path)
    assert memory is not None
    return memory


def _once(name: str, step: Callable[[], object]) -> None:
    start = time.perf_counter()
    step()
    print(f"{name:40s} {1000 * (time.perf_counter() - start):8.1f} ms")


def _often(name: str, question: Callable[[], object], *, rounds: int = 50) -> None:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        question()
        taken.append(1000 * (time.perf_counter() - start))
    print(f"{name:40s} {np.median(taken):8.2f} ms")


if __name__ == "__main__":
    main()
