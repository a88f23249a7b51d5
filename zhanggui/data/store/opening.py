"""Open a Store by path or URL, bringing its tables up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from zhanggui.core.errors import StoreError
from zhanggui.core.protocols import Store
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.filling import is_unfinished
from zhanggui.data.store.memory import MemoryStore
from zhanggui.data.store.migrating import migrate
from zhanggui.data.store.places import shown, url_of
from zhanggui.data.store.sql import SqlStore

MEMORY = "memory:"


def open_store(place: str | Path) -> Store:
    """Open the Store at a path of SQLite, at a database URL, or `memory:` for one that is forgotten.

    Makes the file and its folder when absent. Raises StoreError or ConfigError with the cure.
    """
    return MemoryStore() if str(place) == MEMORY else SqlStore(open_engine(place))


def open_engine(place: str | Path) -> Engine:
    """Return an engine on the database at a path or URL, its tables up to date; whoever asked disposes of it."""
    if str(place) == MEMORY:
        raise StoreError(
            "A Store in memory ends with its process: nothing to copy. Set ZHANGGUI_STORE to a lasting one."
        )
    url = url_of(place)
    with store_errors(shown(url)):
        engine = connect(url)
        try:
            migrate(writer(engine))
            _refuse_unfinished(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def opened_engine(place: str | Path) -> Iterator[Engine]:
    """Open a database as `open_engine` does, and close it."""
    engine = open_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def _refuse_unfinished(engine: Engine) -> None:
    with engine.connect() as connection:
        if is_unfinished(connection):
            raise StoreError(
                f"The Store at {shown(engine.url)} is half a copy: a move or restore broke off. "
                "Run that command again (zhanggui move --to … or zhanggui restore …); it starts over."
            )
