"""The online state on disk: one `.npz`, put in place by one rename; a torn one counts as none."""

import json
import logging
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import Millis
from zhanggui.core.interactions import Interactions, Vocabulary
from zhanggui.data.aside import make_way
from zhanggui.state.memory import Memory

LOG = logging.getLogger(__name__)
_FORMAT = 2


def write_snapshot(memory: Memory, path: Path) -> None:
    """Write a snapshot beside `path`, then rename it into place: readers see the old one or the new one whole.

    A folder that stands there is put aside. Where writing fails, nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        _write(memory, beside)
        make_way(path)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write(memory: Memory, path: Path) -> None:
    log = memory.log
    with path.open("wb") as file:
        np.savez(
            file,
            numbers=np.array([_FORMAT, memory.position, memory.landmark, memory.complete], np.int64),
            users=_packed(log.users),
            items=_packed(log.items),
            user=log.user,
            item=log.item,
            time=log.time,
            type=log.type,
            recent=memory.recent,
            usual=memory.usual,
            shoppers=memory.shoppers,
        )
        file.flush()
        os.fsync(file.fileno())


def remove_snapshot(path: Path) -> None:
    """Remove a snapshot, and what writers that were killed left beside it. Where there is none, do nothing."""
    make_way(path)
    for file in (path, *path.parent.glob(f"{path.name}.*.tmp")):
        file.unlink(missing_ok=True)


def read_snapshot(path: Path) -> Memory | None:
    """Return a snapshot, or None where there is none, it is torn, or another version wrote it."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return _memory({name: file[name] for name in file.files})
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        LOG.warning("snapshot ignored, the state is built from the Store: %s: %s", path, error)
        return None


def _memory(arrays: dict[str, NDArray[np.generic]]) -> Memory:
    version, position, landmark, complete, *_ = (*map(int, arrays["numbers"]), 0)
    if version != _FORMAT:
        raise ValueError(f"format {version}, this version reads {_FORMAT}")
    log = Interactions(
        _unpacked(arrays["users"]),
        _unpacked(arrays["items"]),
        arrays["user"].astype(np.int32),
        arrays["item"].astype(np.int32),
        arrays["time"].astype(np.int64),
        arrays["type"].astype(np.uint8),
        np.full(len(arrays["user"]), -1, np.int64),
    )
    counters = (arrays["recent"].astype(np.float64), arrays["usual"].astype(np.float64))
    return Memory(position, log, Millis(landmark), *counters, arrays["shoppers"].astype(np.int64), bool(complete))


def _packed(names: Vocabulary) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(names.ids).encode(), np.uint8)


def _unpacked(packed: NDArray[np.generic]) -> Vocabulary:
    return Vocabulary(json.loads(packed.tobytes()))
