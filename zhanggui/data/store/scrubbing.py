"""Overwrite what deleted rows leave behind in a database's files.

SQLite, with `secure_delete` on, overwrites what it deletes; but when it splits a page it leaves old copies of rows in
the unused part of a page (measured: of some users' ids, a copy survived in one of a hundred), and its log holds pages
as they were. So the log is emptied, the file is searched for the ids, and rewritten whole where one is found.
PostgreSQL keeps dead rows until VACUUM, and frequent values in its statistics until ANALYZE.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from zhanggui.core.errors import StoreError
from zhanggui.data.store.schema import ERASURES, EVENTS, RANKINGS, USERS

_BLOCK = 1 << 22
_FREED = (EVENTS, RANKINGS, USERS, ERASURES)


def scrub(engine: Engine, users: Sequence[str]) -> None:
    """Make a byte-wise search for the users find nothing. Short ids are found by chance, and cost a rewriting, too."""
    if engine.dialect.name == "sqlite":
        # Without SQLAlchemy's transactions: neither statement may stand in one.
        with closing(engine.raw_connection()) as connection:
            _scrub_sqlite(connection.cursor(), Path(str(engine.url.database)), [user.encode() for user in users])
        return
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as postgres:
        for table in _FREED:
            postgres.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")


def holds_any(path: Path, needles: Sequence[bytes]) -> bool:
    """Tell whether a file holds one of the byte strings, reading it once in bounded memory."""
    if not needles:
        return False
    overlap = max(map(len, needles)) - 1
    with path.open("rb") as file:
        tail = b""
        while block := file.read(_BLOCK):
            window = tail + block
            if any(needle in window for needle in needles):
                return True
            tail = window[len(window) - overlap :] if overlap else b""
    return False


def _scrub_sqlite(cursor: DBAPICursor, path: Path, needles: Sequence[bytes]) -> None:
    _empty_log(cursor)
    if holds_any(path, needles):
        cursor.execute("VACUUM")
        _empty_log(cursor)


def _empty_log(cursor: DBAPICursor) -> None:
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if cursor.fetchall()[0][0]:
        raise StoreError(
            "The rows are gone, but the database's log still holds copies of them: another process was reading for "
            "longer than the time limit. Wait for it, or stop it; then erase once more."
        )
