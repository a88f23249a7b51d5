"""Make the engine: one place for what differs between SQLite and PostgreSQL in connections and upserts."""

from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

Upsert = sqlite.Insert | postgresql.Insert

_PRAGMAS = (
    # Readers go on while one writes; a reader sees one moment.
    "PRAGMA journal_mode=WAL",
    # The log is flushed to the disk at each commit: what was acknowledged survives kill -9 and a power cut.
    # (NORMAL would survive kill -9 too, but not a power cut. Bulk writes cost the same: they commit in chunks.)
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=16000",
    "PRAGMA journal_size_limit=67108864",
)


def connect(url: URL) -> Engine:
    """Return an engine; on SQLite each connection gets the pragmas, and each transaction an explicit BEGIN."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def writer(engine: Engine) -> Engine:
    """Return the same engine, but its transactions take the write lock at once: none fails half-way with 'locked'."""
    return engine.execution_options(zhanggui_writes=True)


def upsert(connection: Connection, table: Table) -> Upsert:
    """Return an INSERT that knows ON CONFLICT, in the words of this database."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def lock_schema(connection: Connection) -> None:
    """Let one process at a time bring the tables up to date. On SQLite the write transaction does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7374612)")


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # else the driver begins transactions when it likes
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("zhanggui_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
