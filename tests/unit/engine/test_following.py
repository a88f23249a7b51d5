"""Writes of other processes, failures on the way, and what is written down in the background."""

import itertools
import threading
from types import SimpleNamespace

import pytest

from zhanggui.core.candidate import Ranking
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.protocols import ChangeKind
from zhanggui.core.request import Request, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.projections import LONGEST_REST, Projections
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.shelf import Shelf
from zhanggui.state.memory import MemoryState


def view(serial, user, item, time):
    return Event(str(serial), user, EventType.VIEW, time, item)


def test_what_another_process_writes_appears(make_bench, make_product, until):
    bench = make_bench()
    bench.store.put_products([make_product("tea", "green tea")])
    bench.store.put_events([view(1, "ann", "tea", bench.clock.now())])
    until(lambda: bench.ids(Surface.SEARCH, query="green") == ["tea"])
    until(lambda: [act.item for act in bench.shop.history("ann")] == ["tea"])
    assert bench.shop.health().lag == 0


def test_a_product_changed_elsewhere_is_read_anew(make_bench, make_product, until):
    bench = make_bench([make_product("tea", price=1.0)])
    assert bench.shop.product("tea").price == 1.0
    bench.store.put_products([make_product("tea", price=2.0)])
    until(lambda: bench.shop.product("tea").price == 2.0)


def test_a_write_that_cannot_be_applied_is_still_committed_and_comes_later(
    make_bench, make_product, monkeypatch, until
):
    bench = make_bench()
    plain, calls = bench.index.apply, []

    def apply(changes, position):
        calls.append(position)
        if len(calls) < 3:
            raise StoreError("the disk is busy")
        plain(changes, position)

    monkeypatch.setattr(bench.index, "apply", apply)
    assert bench.shop.put_products([make_product("tea", "green tea")]).written == 1
    until(lambda: bench.ids(Surface.SEARCH, query="green") == ["tea"])


def test_projections_read_on_from_where_each_is(make_product, make_bench):
    bench = make_bench([make_product("tea")])
    bench.shop.close()
    store = bench.store
    store.put_events([view(n, "ann", "tea", 5) for n in range(3)])
    state = MemoryState(FixedClock(9))
    state.load(store.interactions(), store.position() - 1)
    seen = []
    projections = Projections(store, bench.index, state, listeners=[seen.extend])
    assert projections.position == 1 and projections.lag() == 3
    assert projections.catch_up() == 3 and projections.catch_up() == 0 and projections.lag() == 0
    assert len(state.history("ann")) == 4 and not seen
    assert bench.index.position == 1
    projections.mark()
    assert bench.index.position == 4


def test_listeners_hear_of_products_only(make_product, make_bench):
    bench = make_bench()
    bench.shop.close()
    heard = []
    projections = Projections(bench.store, bench.index, bench.state, listeners=[heard.extend], batch=2)
    bench.store.put_products([make_product("a"), make_product("b"), make_product("c")])
    bench.store.remove_products(["b"])
    bench.store.put_events([view(1, "ann", "a", 5)])
    projections.catch_up()
    assert [(c.item_id, c.kind) for c in heard] == [
        ("a", ChangeKind.PRODUCT),
        ("c", ChangeKind.PRODUCT),
        ("b", ChangeKind.REMOVED),
    ]


class TestTwoFollowers:
    """Events need not wait for products; products that come together are written together while shoppers are here."""

    @pytest.fixture
    def held(self, make_bench):
        """A bench whose index stands still in each `apply` until it is let go."""
        bench = make_bench()
        bench.shop.close()
        plain, begun, go = bench.index.apply, threading.Semaphore(0), threading.Semaphore(0)
        sizes = []

        def apply(changes, position):
            sizes.append(len(changes))
            begun.release()
            assert go.acquire(timeout=10)
            plain(changes, position)

        bench.index.apply = apply
        return SimpleNamespace(bench=bench, begun=begun, go=go, sizes=sizes)

    def projections(self, bench, **more):
        return Projections(bench.store, bench.index, bench.state, **more)

    def test_an_event_is_known_while_a_product_is_still_being_written(self, held, make_product):
        projections = self.projections(held.bench)
        held.bench.store.put_products([make_product("tea")])
        writer = threading.Thread(target=projections.catch_up)
        writer.start()
        assert held.begun.acquire(timeout=10)
        held.bench.store.put_events([view(1, "ann", "tea", 5)])
        projections.follow_events()
        assert [act.item for act in held.bench.state.history("ann")] == ["tea"]
        assert projections.lag() == 2, "the product is not in the index yet"
        held.go.release()
        writer.join(timeout=10)
        assert projections.catch_up() >= 0 and projections.lag() == 0

    def test_what_is_committed_meanwhile_is_written_at_once(self, held, make_product):
        projections = self.projections(held.bench)
        held.bench.store.put_products([make_product("first")])
        writers = [threading.Thread(target=projections.follow_products)]
        writers[0].start()
        assert held.begun.acquire(timeout=10)
        for n in range(5):
            held.bench.store.put_products([make_product(f"p{n}")])
            writers.append(threading.Thread(target=projections.follow_products))
            writers[-1].start()
        held.go.release(2)
        for writer in writers:
            writer.join(timeout=10)
        assert held.sizes == [1, 5]

    @pytest.mark.parametrize(("shoppers", "rests"), [(True, 1), (False, 0)])
    def test_the_index_rests_between_two_writes_while_shoppers_are_here(
        self, make_bench, make_product, monkeypatch, shoppers, rests
    ):
        bench = make_bench()
        bench.shop.close()
        slept, now = [], itertools.count(step=0.01)
        clock = SimpleNamespace(monotonic=lambda: next(now), sleep=slept.append)
        monkeypatch.setattr("zhanggui.engine.projections.time", clock)
        projections = self.projections(bench)
        for n in range(2):
            if shoppers:
                projections.asked()
            bench.store.put_products([make_product(f"p{n}")])
            projections.follow_products()
        assert len([seconds for seconds in slept if seconds > 0]) == rests
        assert max(slept, default=0.0) <= LONGEST_REST

    def test_after_mere_events_there_is_nothing_for_the_index_to_read(self, make_bench, make_product, monkeypatch):
        bench = make_bench([make_product("tea")])
        bench.shop.close()
        projections, reads, plain = self.projections(bench), [], bench.store.changes
        monkeypatch.setattr(
            bench.store, "changes", lambda after, limit: reads.append(after) or plain(after, limit=limit)
        )
        bench.store.put_events([view(1, "ann", "tea", 5)])
        projections.follow_events()
        assert projections.lag() == 0 and reads
        reads.clear()
        projections.follow_products()
        assert not reads

    def test_a_write_that_knows_its_number_does_not_ask_for_it(self, make_bench, make_product, monkeypatch):
        bench = make_bench()
        bench.shop.close()
        projections = self.projections(bench)
        products = bench.store.put_products([make_product("tea")]).position
        events = bench.store.put_events([view(1, "ann", "tea", 5)]).position
        monkeypatch.setattr(bench.store, "position", lambda: pytest.fail("asked"))
        projections.catch_up(products)
        projections.follow_events(events)
        assert [act.item for act in bench.state.history("ann")] == ["tea"] and projections.position == events

    def test_an_index_that_cannot_be_written_does_not_keep_events_back(self, make_bench, make_product, monkeypatch):
        bench = make_bench()
        bench.shop.close()

        def fail(changes, position):
            raise StoreError("the disk is full")

        monkeypatch.setattr(bench.index, "apply", fail)
        projections = self.projections(bench)
        bench.store.put_products([make_product("tea")])
        bench.store.put_events([view(1, "ann", "tea", 5)])
        with pytest.raises(StoreError):
            projections.catch_up()
        assert [act.item for act in bench.state.history("ann")] == ["tea"] and projections.lag() == 2


class TestShelf:
    def test_one_look_into_the_store_for_many(self, make_product, monkeypatch):
        store = MemoryStore()
        store.put_products([make_product(f"i{n}") for n in range(5)])
        shelf, calls, plain = Shelf(store, size=3), [], store.products
        monkeypatch.setattr(store, "products", lambda items: calls.append(list(items)) or plain(items))
        assert list(shelf.get(["i2", "gone", "i1", "i2"])) == ["i2", "i1"]
        assert list(shelf.get(["i1", "i2"])) == ["i1", "i2"] and calls == [["i2", "gone", "i1"]]
        shelf.get(["i3", "i4"])
        shelf.get(["i4", "i3", "i2"])
        assert calls[1:] == [["i3", "i4"]]

    def test_a_change_while_reading_is_not_overwritten_by_the_past(self, make_product, monkeypatch):
        store = MemoryStore()
        store.put_products([make_product("tea", price=1.0)])
        shelf, plain = Shelf(store), store.products

        def products(items):
            found = plain(items)
            store.put_products([make_product("tea", price=2.0)])
            shelf.forget(["tea"])
            return found

        monkeypatch.setattr(store, "products", products)
        assert shelf.get(["tea"])["tea"].price == 1.0
        monkeypatch.setattr(store, "products", plain)
        assert shelf.get(["tea"])["tea"].price == 2.0


class TestRankingLog:
    def ranking(self, name):
        return Ranking(name, Surface.SEARCH, 0, ("tea",), (1.0,), (1.0,))

    def test_all_that_was_offered_is_written(self):
        store = MemoryStore()
        log = RankingLog(store)
        for n in range(1200):
            log.offer(self.ranking(str(n)))
        log.flush()
        assert store.totals().rankings == 1200 and len(log) == 0

    def test_when_full_records_are_dropped_and_counted(self):
        log = RankingLog(MemoryStore(), capacity=2)
        for n in range(5):
            log.offer(self.ranking(str(n)))
        assert (len(log), log.dropped) == (2, 3)

    def test_what_could_not_be_written_waits(self, monkeypatch):
        store = MemoryStore()
        log, plain = RankingLog(store), store.put_rankings

        def fail(rankings):
            raise StoreError("locked")

        monkeypatch.setattr(store, "put_rankings", fail)
        log.offer(self.ranking("one"))
        with pytest.raises(StoreError):
            log.flush()
        monkeypatch.setattr(store, "put_rankings", plain)
        log.flush()
        assert store.ranking("one") is not None

    def test_closing_the_shop_writes_what_waits(self, make_bench, make_product):
        bench = make_bench([make_product("tea")])
        page = bench.shop.page(Request(Surface.TRENDING))
        bench.shop.close()
        assert bench.store.ranking(page.ranking_id) is not None


class TestRepeating:
    def test_failures_are_counted_and_tried_again(self, until):
        calls = []

        def task():
            calls.append(1)
            if len(calls) < 3:
                raise StoreError("locked")

        thread = Repeating("test", task, every=60, patience=(0.001,))
        thread.start()
        until(lambda: len(calls) == 3 and not thread.last_error)
        thread.stop()
        assert thread.errors == 2

    def test_waking_and_stopping_do_not_wait(self):
        runs = threading.Semaphore(0)
        thread = Repeating("test", runs.release, every=600)
        thread.start()
        assert runs.acquire(timeout=10)
        thread.wake()
        assert runs.acquire(timeout=10)
        thread.stop()
        assert not thread._thread.is_alive()
