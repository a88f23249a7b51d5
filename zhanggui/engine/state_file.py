"""The online state across restarts: a snapshot where there is a good one, else the Store's whole log."""

from pathlib import Path

from zhanggui.core.protocols import Store
from zhanggui.state.memory import MemoryState
from zhanggui.state.snapshot import read_snapshot, write_snapshot

_TRIES = 5
_FAR_BEHIND = 100_000


class StateFile:
    """Open a state from `path` and keep it there. Without a path it is built from the Store every time."""

    def __init__(self, state: MemoryState, path: Path | None) -> None:
        self._state, self._path = state, path
        self._saved = -1

    def open(self, store: Store) -> None:
        """Fill the state; the follower brings it from there to the end of the feed."""
        memory = read_snapshot(self._path) if self._path else None
        if memory is not None and 0 <= store.position() - memory.position <= _FAR_BEHIND:
            self._state.recall(memory)
            self._saved = memory.position
        else:
            load(self._state, store)

    def save(self) -> None:
        """Write the state unless nothing has changed since."""
        if self._path and self._state.position != self._saved:
            memory = self._state.memory()
            write_snapshot(memory, self._path)
            self._saved = memory.position


def load(state: MemoryState, store: Store) -> None:
    """Load the whole log. The position is read before and after, so that no event counts twice or not at all."""
    for _ in range(_TRIES):
        before = store.position()
        log = store.interactions()
        if store.position() == before:
            break
    state.load(log, before)
