"""Open a Store by path or URL, bringing its tables up to date."""

from pathlib import Path

from sqlalchemy import Engine

from zhanggui.core.protocols import Store
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.failing import store_errors
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
    url = url_of(place)
    with store_errors(shown(url)):
        engine = connect(url)
        try:
            migrate(writer(engine))
        except BaseException:
            engine.dispose()
            raise
    return engine
