"""Copy a Store to another place, on the same or another engine, and prove the copy equal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, Table

from zhanggui.core.errors import StoreError
from zhanggui.data.store.codec import Row
from zhanggui.data.store.filling import Tick, fill
from zhanggui.data.store.opening import opened_engine
from zhanggui.data.store.places import shown, url_of
from zhanggui.data.store.tables import Snapshot, Sum, Summing, lines_of, snapshot


@dataclass(frozen=True, slots=True)
class Moved:
    """What was copied: the head of the feed and the sum of each table, the same in both places."""

    position: int
    sums: dict[str, Sum]


def move_store(source: str | Path, target: str | Path, *, on_progress: Tick | None = None) -> Moved:
    """Copy everything in one snapshot. The source stays as it is.

    Raises StoreError when the target holds something, the copy differs, or the source was written to meanwhile.
    """
    if url_of(source) == url_of(target):
        raise StoreError(f"The Store is at {shown(url_of(target))} already. Name another place with --to.")
    with opened_engine(source) as engine, snapshot(engine) as moment:
        before, total, reading = moment.counters(), moment.total(), _Reading(moment)
        expected = partial(_unchanged, engine, before, reading)
        fill(target, reading.rows, expected=expected, total=total, on_progress=on_progress)
    return Moved(before["position"], reading.sums())


class _Reading:
    """Sum up tables while they are read."""

    def __init__(self, moment: Snapshot) -> None:
        self._moment = moment
        self._sums: dict[str, Summing] = {}

    def rows(self, table: Table) -> Iterator[Sequence[Row]]:
        summing = self._sums[table.name] = Summing()
        for rows in self._moment.rows(table):
            summing.add(lines_of(table, rows), len(rows))
            yield rows

    def sums(self) -> dict[str, Sum]:
        return {name: summing.result() for name, summing in self._sums.items()}


def _unchanged(source: Engine, before: dict[str, int], reading: _Reading) -> dict[str, Sum]:
    """Return the sums, unless the source was written to while it was read: what came late would be lost."""
    with snapshot(source) as now:
        after = now.counters()
    if after != before:
        raise StoreError(
            f"The Store at {shown(source.url)} was written to while it was copied (position {before['position']}, "
            f"then {after['position']}). Stop the server and the imports, then run: zhanggui move again."
        )
    return reading.sums()
