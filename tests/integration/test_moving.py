"""`move_store`: between engines and back, equal to the last byte; never over something, never half."""

from contextlib import closing

import pytest
from sqlalchemy import text

from zhanggui.core.candidate import Ranking
from zhanggui.core.errors import StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.core.request import Surface
from zhanggui.data.store import open_store
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.moving import move_store
from zhanggui.data.store.opening import opened_engine
from zhanggui.data.store.places import url_of
from zhanggui.data.store.tables import TABLES, snapshot, sums


@pytest.fixture
def source(new_place):
    place = new_place()
    with closing(open_store(place)) as store:
        store.put_products(Product(name, title="龙井" * 5, price=0.1) for name in ("b", "B", "é", "茶", "a"))
        store.remove_products(["b"])
        store.put_events(
            Event(
                f"{n:05}", f"用户{n % 9}", EventType.VIEW, n, "a", value=[None, -0.0, 1e-310, 3.0][n % 4], text='\\"\n'
            )
            for n in range(4_500)
        )
        store.put_rankings([Ranking("r", Surface.SEARCH, 1, ("a",), (0.5,), (1.0,), "用户1")])
        store.erase_users(["用户2"])
    return place


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    return request.getfixturevalue("postgres").database() if request.param == "postgresql" else str(tmp_path / "t.db")


def read(place):
    with opened_engine(place) as engine, snapshot(engine) as moment:
        return sums(moment)


def feed(place):
    with closing(open_store(place)) as store:
        return store.changes(0, limit=10_000), store.totals(), store.ranking("r"), list(store.all_products())


def test_a_copy_is_equal_and_goes_on(source, target):
    steps = []
    moved = move_store(source, target, on_progress=lambda done, total: steps.append((done, total)))
    assert moved.sums == read(source) == read(target) and feed(source) == feed(target)
    assert set(moved.sums) == {table.name for table in TABLES}
    assert steps[-1][0] == sum(part.rows for name, part in moved.sums.items() if name != "counters")
    with closing(open_store(target)) as store:
        assert store.position() == moved.position
        assert store.put_events([Event("new", "ann", EventType.VIEW, 1, "a")]).position == moved.position + 1
        assert store.put_events([Event("00001", "ann", EventType.VIEW, 1, "a")]).repeated == 1


def test_a_target_that_holds_something_is_left_alone(source, target):
    with closing(open_store(target)) as store:
        store.put_products([Product("mine")])
    with pytest.raises(StoreError, match="holds something already"):
        move_store(source, target)
    with closing(open_store(target)) as store:
        assert [product.item_id for product in store.all_products()] == ["mine"]


def test_a_move_onto_itself(source):
    with pytest.raises(StoreError, match="already. Name another place"):
        move_store(source, source)


def test_a_move_that_broke_off_cannot_be_opened_and_starts_over(source, target):
    def broken(done, total):
        if done > 2_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_store(source, target, on_progress=broken)
    with pytest.raises(StoreError, match=r"half a copy.*zhanggui move --to"):
        open_store(target)
    move_store(source, target)
    assert feed(source) == feed(target)


def test_a_source_that_was_written_to_meanwhile_is_noticed(source, target):
    with closing(open_store(source)) as store:

        def late(done, total):
            store.put_products([Product("late")])

        with pytest.raises(StoreError, match=r"written to while it was copied.*move again"):
            move_store(source, target, on_progress=late)
    with pytest.raises(StoreError, match="half a copy"):
        open_store(target)


def test_a_copy_that_reads_back_differently_is_not_opened(source, target):
    def spoil(done, total):
        if done > 2_000:
            engine = connect(url_of(target))
            with writer(engine).begin() as connection:
                connection.execute(text("UPDATE events SET quantity = 9 WHERE event_id = '00003'"))
            engine.dispose()

    with pytest.raises(StoreError, match="table events .* reads back"):
        move_store(source, target, on_progress=spoil)
    with pytest.raises(StoreError, match="half a copy"):
        open_store(target)
