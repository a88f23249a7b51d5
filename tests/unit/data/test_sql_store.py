"""What is particular to the Store on a database: the schema, the errors, the words for PostgreSQL."""

import sqlite3
import sys
import threading
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql

from zhanggui.core.errors import ConfigError, StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import MemoryStore, open_store
from zhanggui.data.store.connecting import upsert
from zhanggui.data.store.migrating import HEAD, config
from zhanggui.data.store.opening import open_engine
from zhanggui.data.store.schema import COUNTER_NAMES, METADATA, PRODUCTS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home/shop.db"


def test_the_migrations_make_the_schema(path):
    open_store(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        names = connection.exec_driver_sql("SELECT name FROM counters").scalars().all()
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [HEAD]
    engine.dispose()
    assert sorted(names) == sorted(COUNTER_NAMES)


def test_a_store_is_there_again_after_opening(path):
    with closing(open_store(path)) as store:
        store.put_products([Product("tea")])
    with closing(open_store(f"sqlite:///{path}")) as store:
        assert store.position() == 1 and store.products(["tea"]) == {"tea": Product("tea")}


def test_a_new_file_that_is_locked_while_it_gets_its_log_is_waited_for(path):
    """SQLite does not wait there: `journal_mode=WAL` fails at once while another one writes without a log."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE theirs (a)")
        timer = threading.Timer(0.2, other.execute, ("ROLLBACK",))
        timer.start()
        with closing(open_store(path)) as store:
            assert store.put_products([Product("tea")]).written == 1
        timer.join()


def test_many_may_open_a_new_store_at_once(path):
    stores, errors = [], []

    def work():
        try:
            stores.append(open_store(path))
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, store in enumerate(stores):
        store.put_products([Product(str(number))])
        store.close()
    assert not errors and len(stores) == 4


def test_every_acknowledged_commit_is_on_the_disk(path):
    with closing(open_store(path)) as store, store._reading() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]


def test_what_is_no_database(path):
    path.parent.mkdir()
    path.write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match=r"not a database.*zhanggui restore"):
        open_store(path)


def test_a_damaged_database_says_what_to_do(path):
    with closing(open_store(path)) as store:
        store.put_products(Product(str(n), title="x" * 200) for n in range(2000))
    content = bytearray(path.read_bytes())
    content[40_960:] = b"\xff" * (len(content) - 40_960)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="zhanggui restore"), closing(open_store(path)) as store:
        list(store.all_products())


def test_a_lock_that_lasts_says_what_to_do(path):
    with closing(open_store(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store._engine.dispose()
        with store._reading() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(StoreError, match=r"locked.*Wait for it to end"):
            store.put_products([Product("tea")])
        other.execute("ROLLBACK")
        assert store.put_products([Product("tea")]).written == 1


def test_a_place_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file/shop.db")
    with pytest.raises(StoreError, match=r"failed: unable to open.*--home"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        "://me:secret",
        "mysql://me:secret@localhost/shop",
        "postgresql+nodriver://me:secret@localhost/shop",
        "postgresql://me:secret@localhost:port/shop",
        "postgresql://me:secret@127.0.0.1:1/shop",
        "postgresql://me@127.0.0.1:1/shop?password=secret",
    ],
)
def test_a_password_is_never_shown(place):
    with pytest.raises((ConfigError, StoreError)) as caught:
        open_store(place)
    assert "secret" not in str(caught.value) and "ZHANGGUI_STORE" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_driver_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"pip install 'zhanggui\[postgres\]'"):
        open_store("postgresql://localhost/shop")


def test_memory_is_a_place():
    assert isinstance(open_store("memory:"), MemoryStore)
    with pytest.raises(StoreError, match="nothing to copy"):
        open_engine("memory:")


def test_a_write_that_breaks_off_keeps_whole_chunks_only(path):
    def events():
        for n in range(25_000):
            yield Event(f"{n:06}", "ann", EventType.VIEW, n, "tea")
        raise ValueError("the file ends here")

    with closing(open_store(path)) as store:
        with pytest.raises(ValueError, match="ends here"):
            store.put_events(events())
        assert store.position() == store.totals().events == 20_000
        assert store.put_events([Event("x", "ann", EventType.VIEW, 1, "tea")]).position == 20_001


def test_readers_go_on_while_one_writes(path):
    with closing(open_store(path)) as store:
        store.put_products([Product("tea")])
        with store._writing() as connection:
            connection.exec_driver_sql("UPDATE counters SET value = 99 WHERE name = 'position'")
            assert store.position() == 1 and len(list(store.all_products())) == 1


def test_the_upsert_speaks_postgresql():
    statement = upsert("postgresql", PRODUCTS)
    statement = statement.on_conflict_do_update(index_elements=["item_id"], set_={"body": statement.excluded.body})
    assert "ON CONFLICT (item_id) DO UPDATE SET body = excluded.body" in str(
        statement.compile(dialect=postgresql.dialect())
    )
