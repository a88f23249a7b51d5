"""Make the engine: one place for what differs between SQLite and PostgreSQL in connections and upserts."""

import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

from zhanggui.data.store.presence import Presence

Upsert = sqlite.Insert | postgresql.Insert

_PRAGMAS = (
    # Readers go on while one writes; a reader sees one moment.
    "PRAGMA journal_mode=WAL",
    # The log is flushed to the disk at each commit: what was acknowledged survives kill -9 and a power cut.
    # (NORMAL would survive kill -9 too, but not a power cut. Bulk writes cost the same: they commit in chunks.)
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
    # (cache_size stays as it comes, 2 MB a connection: the system keeps the pages at hand. With 64 MB a server grew by
    # 5 MB a minute for hours, benchmarks/soak.py; an import of two million lines was 8% faster.)
    "PRAGMA wal_autocheckpoint=16000",
    "PRAGMA journal_size_limit=67108864",
    # What is deleted is overwritten (Debian's SQLite does so unasked).
    "PRAGMA secure_delete=ON",
)

_GIVE_UP = 20.0
"""Seconds. While a new file becomes one with a log, SQLite says "locked" at once instead of waiting (busy_timeout)."""

_AT_HAND = 5
"""Connections that a pool keeps for readers."""

_POSTGRES_POOL = {
    # A connection that a restart of the server broke is found before it is used, and made anew.
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 40,
    # A reader sees one moment, as on SQLite: the feed is read from two tables, and nothing may slip in between.
    "isolation_level": "REPEATABLE READ",
    "connect_args": {"connect_timeout": 10, "application_name": "zhanggui"},
}


def connect(url: URL) -> Engine:
    """Return an engine; on SQLite each connection gets the pragmas, and each transaction an explicit BEGIN."""
    if url.get_backend_name() == "postgresql":
        return create_engine(url, **_POSTGRES_POOL)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    if url.database and url.database != ":memory:":
        presence = Presence(Path(url.database))
        event.listen(engine, "connect", presence.opened)
        event.listen(engine, "commit", presence.still_there)
    return engine


def open_some(engine: Engine) -> None:
    """Open connections before they are needed: a new one of SQLite needs the file's name, which may be gone a while.

    Pages go on with those that are open.
    """
    with ExitStack() as together:
        for _ in range(_AT_HAND):
            together.enter_context(engine.connect())


def writer(engine: Engine) -> Engine:
    """Return the same engine for writing: no transaction of it fails half-way because another one wrote.

    On SQLite it takes the write lock at once. On PostgreSQL each statement sees what was committed before it, so that
    whoever waited for the head of the feed reads what the one before has written.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="READ COMMITTED")
    return engine.execution_options(zhanggui_writes=True)


def upsert(dialect: str, table: Table) -> Upsert:
    """Return an INSERT that knows ON CONFLICT, in the words of this database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def lock_schema(connection: Connection) -> None:
    """Let one process at a time bring the tables up to date. On SQLite the write transaction does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7374612)")


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # else the driver begins transactions when it likes
    give_up = time.monotonic() + _GIVE_UP
    for pragma in _PRAGMAS:
        while not _done(connection, pragma, give_up=give_up):
            time.sleep(0.01)


def _done(connection: Any, pragma: str, *, give_up: float) -> bool:
    """Run a pragma; False when the file is locked, to be tried again until the monotonic time `give_up`."""
    try:
        connection.execute(pragma).close()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) or time.monotonic() > give_up:
            raise
        return False
    return True


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("zhanggui_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
