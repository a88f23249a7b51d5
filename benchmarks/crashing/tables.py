"""The tables of a Store as they stand, read without the code under test."""

import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL

from benchmarks.crashing.ledger import Json
from zhanggui.data.records import product_from
from zhanggui.data.store.codec import product_body

PATIENCE = 20.0
"""Seconds within which PostgreSQL notices that a client is gone."""

_OTHERS = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'zhanggui' AND datname = current_database()"


@dataclass(slots=True)
class Findings:
    """What is wrong, in words, by kind."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.differing or self.other)

    def lines(self) -> list[str]:
        """Return all of it, a line each."""
        kinds = {"lost": self.lost, "doubled": self.doubled, "differs": self.differing, "other": self.other}
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts[:10]]


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the table has it: user, item, time."""

    position: int
    what: tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """All of them at one moment."""

    events: dict[str, Row]
    bodies: dict[str, str | None]
    counters: dict[str, int]
    users: int
    rankings: int

    def holds(self, item: str, product: Json | None) -> bool:
        """Tell whether a product is there in this form."""
        body = self.bodies.get(item)
        return body == (None if product is None else product_body(product_from(product)))


def read_tables(url: URL, found: Findings, *, alone: bool = True) -> Tables:
    """Read them in one transaction; `alone` waits until no client of PostgreSQL is left that could still commit."""
    engine = create_engine(url)
    try:
        if alone and url.get_backend_name() == "postgresql":
            with engine.connect() as connection:
                _wait(connection)
        options = {} if url.get_backend_name() == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with engine.connect().execution_options(**options) as connection:
            return _read(connection, found)
    finally:
        engine.dispose()


def _wait(connection: Connection) -> None:
    """Wait until no client is left: one killed amid a commit may have it carried out a moment later."""
    deadline = time.monotonic() + PATIENCE
    while connection.execute(text(_OTHERS)).scalar_one():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {PATIENCE} s PostgreSQL still has connections of a program that was killed")
        connection.rollback()  # what one transaction sees of the activity does not change
        time.sleep(0.01)


def _read(connection: Connection, found: Findings) -> Tables:
    if connection.dialect.name == "sqlite":
        verdict = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        if verdict != "ok":
            found.other.append(f"integrity_check: {verdict}")
    rows = connection.execute(text("SELECT event_id, position, user_id, item_id, time FROM events")).all()
    events = {name: Row(position, tuple(what)) for name, position, *what in rows}
    if len(events) != len(rows):
        found.doubled.append(f"{len(rows)} rows of {len(events)} events")
    return Tables(
        events,
        _pairs(connection, "SELECT item_id, body FROM products"),
        _pairs(connection, "SELECT name, value FROM counters"),
        int(connection.execute(text("SELECT COUNT(*) FROM users")).scalar_one()),
        int(connection.execute(text("SELECT COUNT(DISTINCT ranking_id) FROM rankings")).scalar_one()),
    )


def _pairs(connection: Connection, statement: str) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(text(statement))}
