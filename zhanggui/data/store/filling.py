"""Fill an empty Store from a stream of tables, so that it is either whole or known to be unfinished.

The mark is a counter of its own. While it stands nobody can open the Store; whoever fills it again clears it first.
It goes in the same transaction that brings the counters, after what was written has been read back and found equal.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from zhanggui.core.errors import StoreError
from zhanggui.data.store.bulk import append_rows
from zhanggui.data.store.codec import Row
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.migrating import migrate
from zhanggui.data.store.places import shown, url_of
from zhanggui.data.store.schema import COUNTERS
from zhanggui.data.store.tables import TABLES, Snapshot, Sum, put_rows, snapshot, sums

UNFINISHED = "unfinished"
TOLD = tuple(table for table in TABLES if table is not COUNTERS)
Tick = Callable[[int, int], None]
Rows = Callable[[Table], Iterable[Sequence[Row]]]
"""Give a table's rows, in lists."""


def fill(
    place: str | Path,
    rows: Rows,
    *,
    expected: Callable[[], Mapping[str, Sum]],
    last: Callable[[], None] = lambda: None,
    total: int = 0,
    on_progress: Tick | None = None,
) -> None:
    """Write all tables into the empty Store at a path or URL and prove them equal to what is expected.

    `expected` is asked after the last row was taken; `last` is done when all is proven, before anyone can open it.
    An earlier filling that broke off is cleared first. Raises StoreError when the Store holds something, or what is
    read back differs.
    """
    with _opened(place) as engine:
        begin(engine)
        done = 0
        for table in TOLD:
            for part in rows(table):
                put_rows(engine, table, part)
                done += len(part)
                if on_progress:
                    on_progress(done, total)
        counters = [row for part in rows(COUNTERS) for row in part]
        _prove(engine, expected())
        last()
        _open(engine, counters, expected())


def begin(engine: Engine) -> None:
    """Mark the Store as unfinished and empty. Raises StoreError when it holds something that no filling left."""
    where = shown(engine.url)
    with store_errors(where), writer(engine).begin() as connection:
        if not is_unfinished(connection) and not _is_empty(connection):
            raise StoreError(f"The Store at {where} holds something already. Name an empty one, or make one: createdb.")
        for table in TABLES:
            connection.execute(delete(table))
        connection.execute(insert(COUNTERS).values(name=UNFINISHED, value=1))


def is_unfinished(connection: Connection) -> bool:
    """Tell whether a filling broke off."""
    return connection.execute(select(COUNTERS.c.value).where(COUNTERS.c.name == UNFINISHED)).first() is not None


def _prove(engine: Engine, expected: Mapping[str, Sum]) -> None:
    with snapshot(engine) as moment:
        _compare(engine, sums(moment, TOLD), expected)


def _open(engine: Engine, counters: Sequence[Row], expected: Mapping[str, Sum]) -> None:
    with store_errors(shown(engine.url)), writer(engine).begin() as connection:
        connection.execute(delete(COUNTERS))
        append_rows(connection, COUNTERS, counters)
        _compare(engine, sums(Snapshot(connection), [COUNTERS]), expected)


def _compare(engine: Engine, found: Mapping[str, Sum], expected: Mapping[str, Sum]) -> None:
    for name, had in found.items():
        if had != expected[name]:
            raise StoreError(
                f"The table {name} at {shown(engine.url)} reads back {had.rows} rows that differ from the "
                f"{expected[name].rows} that were to be written. Nobody can open it. Run the same command again."
            )


def _is_empty(connection: Connection) -> bool:
    moved = connection.execute(select(func.count()).where(COUNTERS.c.value != 0)).scalar_one()
    return not moved and all(connection.execute(select(table).limit(1)).first() is None for table in TOLD)


@contextmanager
def _opened(place: str | Path) -> Iterator[Engine]:
    """Open the database, its tables up to date, even where a filling broke off."""
    url = url_of(place)
    with store_errors(shown(url)):
        engine = connect(url)
        try:
            migrate(writer(engine))
            yield engine
        finally:
            engine.dispose()
