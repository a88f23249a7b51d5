"""Turn what the database complains about into a StoreError that names the cure."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError

from sqlalchemy.exc import SQLAlchemyError

from zhanggui.core.errors import StoreError

_CURES = (
    (
        "locked",
        "Another process is writing for longer than the time limit. Wait for it to end, or stop it; then retry.",
    ),
    (
        "disk is full",
        "The disk is full; nothing of this write was kept. Free some space, then retry: repeats are safe.",
    ),
    ("readonly", "It cannot be written. Give this account the right to write the file and its folder."),
    (
        "unable to open",
        "It cannot be opened. The folder must exist and be writable: mkdir -p its folder, or set --home.",
    ),
    ("malformed", "The file is damaged. Run: zhanggui restore, or import the files again into a new home."),
    ("not a database", "The file is not a database. Run: zhanggui restore, or name another file."),
    ("i/o error", "The disk does not answer. Check it, then run: zhanggui check."),
)
_POSTGRES_CURES = (
    ("password authentication failed", "Put the right user and password into ZHANGGUI_STORE."),
    ("no password supplied", "Put the password into ZHANGGUI_STORE: postgresql://USER:PASSWORD@HOST/DATABASE."),
    ("no pg_hba.conf entry", "Let this host and user in by the server's pg_hba.conf."),
    ("does not exist", "Make the database (createdb NAME), or name another one in ZHANGGUI_STORE."),
    ("already exists", "The database holds tables that are not ours. Name an empty one in ZHANGGUI_STORE."),
    ("permission denied", "Give this user the right to make tables: GRANT CREATE ON SCHEMA public TO the user."),
    ("too many clients", "The server has no connection left. Raise its max_connections, or stop what holds them."),
    ("connection", "PostgreSQL does not answer. Start it, or mend host and port in ZHANGGUI_STORE; then retry."),
    ("resolve", "Mend the host in ZHANGGUI_STORE."),
)
_OTHER = "Run: zhanggui check. If it stays: zhanggui restore."


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Raise StoreError for whatever SQLAlchemy or SQLite raise inside. `where` is shown: no password in it."""
    try:
        yield
    except (SQLAlchemyError, SqliteError) as error:
        fact = str(getattr(error, "orig", None) or error).splitlines()[0]
        cure = next((cure for sign, cure in _CURES + _POSTGRES_CURES if sign in fact.lower()), _OTHER)
        raise StoreError(f"The Store at {where} failed: {fact}. {cure}") from error
