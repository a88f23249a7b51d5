"""What is counted while a shop runs, for those who watch it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhanggui.engine.moves import Moving
from zhanggui.engine.progress import Progress
from zhanggui.engine.rankers.pace import Judged


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the start, and how things stand now; cheap to ask for: one number is read from the Store.

    `failures`: calls of each part that failed, were late or skipped. `thread_errors`: by thread. `written`: rows that
    this process committed, by kind. `lag`: numbers of the feed not applied yet, None while the Store cannot be asked.
    `moving`: the Release being prepared; `moves`: how moves to other Releases ended; `judged`: the cross-encoder.
    """

    release: str
    position: int
    lag: int | None
    products: int
    meaning: Progress
    rankings_waiting: int
    rankings_dropped: int
    failures: Mapping[str, int]
    thread_errors: Mapping[str, int]
    written: Mapping[str, int]
    moving: Moving | None = None
    moves: Mapping[str, int] = field(default_factory=dict)
    judged: Judged = field(default_factory=Judged)
