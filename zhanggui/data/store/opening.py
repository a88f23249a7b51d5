"""Open a Store by path or URL, bringing its tables up to date."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from zhanggui.core.errors import StoreError
from zhanggui.core.protocols import Store
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.memory import MemoryStore
from zhanggui.data.store.migrating import migrate
from zhanggui.data.store.sql import SqlStore

MEMORY = "memory:"


def open_store(place: str | Path) -> Store:
    """Open the Store at a path of SQLite, at a database URL, or `memory:` for one that is forgotten.

    Makes the file and its folder when absent. Raises StoreError with the cure.
    """
    if str(place) == MEMORY:
        return MemoryStore()
    url = _url(place)
    with store_errors(url.render_as_string(hide_password=True)):
        engine = connect(url)
        try:
            migrate(writer(engine))
        except BaseException:
            engine.dispose()
            raise
    return SqlStore(engine)


def _url(place: str | Path) -> URL:
    if isinstance(place, str) and "://" in place:
        try:
            return make_url(place)
        except ArgumentError as error:
            raise StoreError(f"{place!r} is no database URL. Allowed: a path, or postgresql+psycopg://…") from error
    path = Path(place).expanduser().resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {path.parent} cannot be made: {error.strerror}. Set another --home.") from error
    return URL.create("sqlite", database=str(path))
