"""The Store on a real PostgreSQL: what goes wrong says what to do, and a restart of the server is survived."""

import signal
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import event

from tests.postgres import binaries, running_cluster
from zhanggui.core.errors import StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
from zhanggui.data.store.opening import open_engine

OPENER = "import sys; from zhanggui.data.store import open_store; open_store(sys.argv[1]).close()"


def events(name, count):
    return [Event(f"{name}{n}", "ann", EventType.VIEW, n, "tea") for n in range(count)]


def refused(url):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    text = str(caught.value)
    assert "\n" not in text and "s3cret" not in text
    return text


def test_a_wrong_password(postgres):
    assert "right user and password" in refused(postgres.url("postgres", password="s3cret-but-wrong"))


def test_no_server():
    assert "PostgreSQL does not answer" in refused("postgresql://me:s3cret@127.0.0.1:1/shop")


def test_no_such_database(postgres):
    assert "createdb" in refused(postgres.url("nowhere"))


def test_a_database_of_someone_else(postgres):
    url = postgres.database()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("CREATE TABLE products (name text)")
        assert "tables that are not ours" in refused(url)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


def test_a_restart_of_the_server_is_survived():
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed. Cure: apt-get install postgresql")
    with running_cluster(durable=True) as cluster, closing(open_store(cluster.database())) as store:
        store.put_events(events("before", 3))
        cluster.stop()
        cluster.start()
        assert store.totals().events == 3  # nobody asked meanwhile, and the connection in the pool is dead
        for how in (signal.SIGINT, signal.SIGQUIT):  # in good order, and like a crash
            cluster.stop(how)
            with pytest.raises(StoreError, match="PostgreSQL does not answer"):
                store.put_products([Product("tea")])
            with pytest.raises(StoreError, match="PostgreSQL does not answer"):
                store.position()
            cluster.start()
            assert store.totals().events == 3
        assert store.put_products([Product("tea")]).position == 4


def test_many_processes_open_a_new_store_at_once(new_place):
    place = new_place()
    openers = [subprocess.Popen([sys.executable, "-c", OPENER, place]) for _ in range(4)]
    assert [opener.wait(60) for opener in openers] == [0] * 4
    with closing(open_store(place)) as store:
        assert store.put_events(events("", 2)).position == 2


def test_two_processes_write_one_feed(new_place):
    place = new_place()
    with closing(open_store(place)) as one, closing(open_store(place)) as other:
        for n in range(10):
            one.put_events(events(f"one{n}/", 2))
            other.put_products([Product(f"p{n}")])
        assert [change.position for change in one.changes(0)] == list(range(1, 31))


def test_nothing_slips_in_between_the_two_halves_of_the_feed(new_place):
    """A product and then an event are written after the reader has read the products and before it reads the events."""
    place = new_place()
    with closing(open_store(place)) as store, closing(open_store(place)) as other:
        store.put_products([Product("first")])
        asked = []

        def slip_in(connection, cursor, statement, *rest):
            if "FROM events" in statement and not asked:
                asked.append(statement)
                other.put_products([Product("late")])
                other.put_events(events("late", 1))

        event.listen(store._engine, "before_cursor_execute", slip_in)
        assert [change.position for change in store.changes(0)] == [1]
        assert asked and [change.position for change in store.changes(1)] == [2, 3]


def test_the_order_of_ids_is_that_of_code_points_whatever_the_database_sorts_by(postgres):
    url = postgres.database()
    with closing(open_store(url)) as store:
        store.put_products(Product(name) for name in ("b", "B", "a", "é", "茶"))
        assert [product.item_id for product in store.all_products()] == ["B", "a", "b", "é", "茶"]
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 'a' < 'B'").scalar() is True  # what the tests' cluster sorts by
    engine.dispose()
