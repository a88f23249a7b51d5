"""All tables of a Store as streams of rows, whatever the engine and whatever tables there are.

A snapshot is one moment: who writes meanwhile is not seen, and does not wait. Memory holds one chunk of rows.
(On SQLite the write-ahead log cannot be shortened while one is open, on PostgreSQL dead rows stay: close it soon.)
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Engine, Float, Table, Text, collate, func, select

from zhanggui.data.store.bulk import append_rows
from zhanggui.data.store.codec import Row
from zhanggui.data.store.connecting import writer
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.places import shown
from zhanggui.data.store.schema import COUNTERS, METADATA

CHUNK = 2_000
TABLES: tuple[Table, ...] = tuple(METADATA.sorted_tables)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a table held: how many rows, and a SHA-256 over all of them in order of the primary key."""

    rows: int
    digest: str


class Snapshot:
    """One moment of a Store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counters(self) -> dict[str, int]:
        """Return every counter; `position` is where the feed stands."""
        return {name: value for name, value in self._connection.execute(select(COUNTERS.c.name, COUNTERS.c.value))}

    def count(self, table: Table) -> int:
        """Return how many rows a table has, by counting them."""
        return int(self._connection.execute(select(func.count()).select_from(table)).scalar_one())

    def rows(self, table: Table) -> Iterator[list[Row]]:
        """Yield a table in order of its primary key, texts by code point, in lists of at most CHUNK rows."""
        ordered = select(table).order_by(*(self._in_order(column) for column in table.primary_key.columns))
        with self._connection.execution_options(yield_per=CHUNK).execute(ordered) as result:
            for rows in result.partitions():
                yield [tuple(row) for row in rows]

    def total(self) -> int:
        """Return how many rows all tables have together."""
        return sum(self.count(table) for table in TABLES)

    def _in_order(self, column: Column[Any]) -> ColumnElement[Any]:
        plain = self._connection.dialect.name != "postgresql" or not isinstance(column.type, Text)
        return column if plain else collate(column, "C")


class Summing:
    """Count and digest the lines of a table as they pass."""

    def __init__(self) -> None:
        self._digest, self._rows = hashlib.sha256(), 0

    def add(self, lines: bytes, rows: int) -> None:
        """Take some rows, as `lines_of` writes them."""
        self._digest.update(lines)
        self._rows += rows

    def result(self) -> Sum:
        """Return the sum of what passed."""
        return Sum(self._rows, self._digest.hexdigest())


@contextmanager
def snapshot(engine: Engine) -> Iterator[Snapshot]:
    """Hold one moment of a Store open for reading. Raises StoreError."""
    options = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
    with store_errors(shown(engine.url)), engine.connect().execution_options(**options) as connection:
        moment = Snapshot(connection)
        moment.counters()  # on either engine the moment is that of the first reading
        yield moment


def sums(moment: Snapshot, tables: Iterable[Table] = TABLES) -> dict[str, Sum]:
    """Read whole tables and return their sums."""
    return {table.name: _sum(moment.rows(table), table) for table in tables}


def put_rows(engine: Engine, table: Table, rows: Sequence[Row]) -> None:
    """Append rows in one transaction. Raises StoreError."""
    with store_errors(shown(engine.url)), writer(engine).begin() as connection:
        append_rows(connection, table, rows)


def lines_of(table: Table, rows: Iterable[Row]) -> bytes:
    """Write rows as one JSON list a line: the same bytes for the same rows, whatever the engine they came from.

    >>> lines_of(COUNTERS, [("position", 7)]).splitlines()
    [b'["position",7]']
    """
    floats = _floats(table)
    plain = [_spelled(row, floats) for row in rows] if floats else rows
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in plain)


def row_of(table: Table, line: bytes) -> Row:
    """Read a line of `lines_of`. Raises ValueError."""
    row = orjson.loads(line)
    if not isinstance(row, list) or len(row) != len(table.columns):
        raise ValueError(f"a row of {table.name} has {len(table.columns)} values")
    for place in _floats(table):
        row[place] = float(row[place]) if isinstance(row[place], str) else row[place]
    return tuple(row)


def _sum(parts: Iterable[Sequence[Row]], table: Table) -> Sum:
    summing = Summing()
    for rows in parts:
        summing.add(lines_of(table, rows), len(rows))
    return summing.result()


def _floats(table: Table) -> list[int]:
    return [place for place, column in enumerate(table.columns) if isinstance(column.type, Float)]


def _spelled(row: Row, floats: Sequence[int]) -> Row:
    """Spell out what JSON lacks (infinity) and what one engine does not keep (the sign of zero)."""
    if all(row[place] is None for place in floats):
        return row
    spelled = list(row)
    for place in floats:
        value = row[place]
        if value is not None:
            spelled[place] = value + 0.0 if isfinite(value) else str(value)
    return tuple(spelled)
