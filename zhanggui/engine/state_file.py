"""The online state across restarts: a snapshot where there is a good one, else the Store's whole log."""

import logging
import threading
from pathlib import Path

from zhanggui.core.protocols import OnlineState, Store
from zhanggui.state.memory import MemoryState
from zhanggui.state.snapshot import read_snapshot, remove_snapshot, write_snapshot

LOG = logging.getLogger(__name__)
_FAR_BEHIND = 100_000


class StateFile:
    """Open a state from `path` and keep it there. Without a path it is built from the Store every time."""

    def __init__(self, state: MemoryState, path: Path | None) -> None:
        self._state, self._path = state, path
        self._saved = -1
        self._lock = threading.Lock()

    def open(self, store: Store) -> None:
        """Fill the state; the follower brings it from there to the end of the feed."""
        if self._path:
            sweep(self._path)
        memory = read_snapshot(self._path) if self._path else None
        if memory is not None and 0 <= store.position() - memory.position <= _FAR_BEHIND:
            self._state.recall(memory)
            self._saved = memory.position
        else:
            load(self._state, store)

    def save(self) -> None:
        """Write the state unless nothing has changed since."""
        with self._lock:
            if self._path and self._state.position != self._saved:
                memory = self._state.memory()
                write_snapshot(memory, self._path)
                self._saved = memory.position

    def remove(self) -> None:
        """Remove what is kept, because it holds what was erased; the next `save` keeps the state as it is now."""
        with self._lock:
            if self._path:
                remove_snapshot(self._path)
            self._saved = -1


def sweep(path: Path) -> None:
    """Delete what writers that were killed left beside a snapshot. Only who has the home to itself may do this."""
    for orphan in path.parent.glob(f"{path.name}.*.tmp"):
        try:
            orphan.unlink(missing_ok=True)
        except OSError as fault:
            LOG.warning("left as it is: %s: %s", orphan, fault)


def load(state: OnlineState, store: Store) -> None:
    """Load the whole log up to a position; what comes meanwhile has a higher one, and follows by the feed."""
    position = store.position()
    state.load(store.interactions(up_to=position), position)
