"""All that erasing means beside the Store: the online state's file, lines set aside, reports, bytes on the disk."""

from collections.abc import Sequence
from pathlib import Path

from zhanggui.core.erasure import Erased
from zhanggui.core.ids import SECOND, Millis, UserId
from zhanggui.core.protocols import Store
from zhanggui.data.leftovers import Leftovers, erase_from_files, forget_files
from zhanggui.state.snapshot import remove_snapshot

STATE = Path("state") / "online.npz"


def erase(store: Store, home: Path, users: Sequence[UserId]) -> tuple[Erased, Leftovers]:
    """Erase users from the Store and the home's files, down to the bytes. A running server hears of it by the feed."""
    erased = store.erase_users(users)
    remove_snapshot(home / STATE)
    left = erase_from_files(home, users)
    store.scrub(users)
    return erased, left


def forget(store: Store, home: Path, moment: Millis) -> tuple[Erased, Leftovers]:
    """Forget what is older than a moment: events, rankings, lines set aside, traces of faults."""
    erased = store.forget_before(moment)
    if erased.events:
        remove_snapshot(home / STATE)
    left = forget_files(home, before=moment / SECOND)
    store.scrub()
    return erased, left
