"""An open shop moves to another Release: nothing in flight is cut off, nothing written is lost, nothing stays open."""

import threading
from dataclasses import replace

import pytest

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.errors import StoreError
from zhanggui.core.product import Product
from zhanggui.core.protocols import Proposal
from zhanggui.core.request import Request, Surface
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.vectors import MemoryVectorCache
from zhanggui.engine.moving import Move
from zhanggui.engine.opening import Ingredients
from zhanggui.engine.progress import Progress
from zhanggui.engine.recipes import SEARCH as RECIPE
from zhanggui.engine.serving import InUse
from zhanggui.retrieval.fusion import Fusion
from zhanggui.retrieval.index.memory_index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser

GOODS = [Product("tea", title="green tea"), Product("pot", title="tea pot"), Product("oil", title="motor oil")]
TEA = Request(Surface.SEARCH, query="tea")


class Gated(HashEncoder):
    """Encodes passages once it may."""

    def __init__(self, *, dim):
        super().__init__(dim=dim)
        self.name, self.gate = f"gated-{dim}", threading.Event()

    def passages(self, texts):
        assert self.gate.wait(30)
        return super().passages(texts)


@pytest.fixture
def bench(make_bench):
    return make_bench(GOODS, meaning=True)


@pytest.fixture
def gated():
    encoder = Gated(dim=32)
    yield encoder
    encoder.gate.set()


def given(bench, **options):
    plain = {"index": bench.index, "encoder": bench.shop.serving.space.encoder, "release": "r2"}
    return Ingredients(
        store=bench.store, state=bench.state, clock=bench.clock, fuse=Fusion(spread=0.1), **{**plain, **options}
    )


def other(bench, encoder, closed):
    index = MemoryIndex(analyser=Analyser(), dim=encoder.dim, dense_threshold=0.5)
    close = [lambda: closed.append("next")]
    return given(bench, index=index, encoder=encoder, vectors=MemoryVectorCache(dim=encoder.dim), close=close)


def test_with_the_same_encoder_the_index_stays(bench):
    space = bench.shop.serving.space
    move = Move(bench.shop, given(bench))
    move.begin()
    assert move.ready()
    move.finish()
    assert bench.shop.health().release == "r2" and bench.shop.serving.space is space
    bench.shop.put_products([Product("cup", title="tea cup")])
    assert "cup" in bench.ids(Surface.SEARCH, query="tea")


def test_what_ailed_in_the_old_release_is_forgotten(bench):
    bench.shop.parts.timely.guard("cross_encoder", lambda: 1 // 0)
    assert bench.shop.health().degraded == ("cross_encoder",)
    Move(bench.shop, given(bench)).finish()
    assert bench.shop.health().degraded == () and bench.shop.figures().failures == {"cross_encoder": 1}


def test_the_old_encoder_serves_until_the_new_one_has_its_vectors(bench, gated, until):
    old, closed = bench.shop.serving, []
    move = Move(bench.shop, other(bench, gated, closed))
    move.begin()
    assert not move.ready() and move.progress() == Progress(0, 3)
    assert bench.shop.serving is old and bench.shop.page(TEA).items[0].by("dense")
    gated.gate.set()
    until(move.ready)
    move.finish()
    assert bench.shop.health().release == "r2" and bench.shop.health().meaning == Progress(3, 3)
    assert bench.shop.serving.space.encoder is gated and closed == []
    assert not old.space.reading._thread.is_alive()
    bench.shop.close()
    assert closed == ["next"]


def test_what_is_written_meanwhile_is_in_the_new_index(bench, gated, until):
    gated.gate.set()
    move = Move(bench.shop, other(bench, gated, []))
    move.begin()
    bench.shop.put_products([Product("cup", title="tea cup")])
    bench.shop.remove_products(["pot"])
    until(move.ready)
    move.finish()
    assert set(bench.ids(Surface.SEARCH, query="tea")) == {"tea", "cup"}
    bench.shop.put_products([Product("tray", title="tea tray")])
    assert set(bench.ids(Surface.SEARCH, query="tea")) == {"tea", "cup", "tray"}
    until(lambda: bench.shop.health().meaning == Progress(4, 4))


def test_a_request_under_way_ends_on_what_it_began_with(bench, gated, until):
    gated.gate.set()
    old, entered, leave = bench.shop.serving, threading.Event(), threading.Event()

    class Slow:
        name = "search"

        def propose(self, request, context):
            entered.set()
            assert leave.wait(30)
            return Proposal([Candidate("oil", (Evidence("bm25", 1.0),))])

    old.pipeline._parts = replace(old.pipeline._parts, sources={**old.pipeline._parts.sources, "search": Slow()})
    old.pipeline._recipe = lambda request: replace(RECIPE, seconds=30)
    pages = []
    asker = threading.Thread(target=lambda: pages.append(bench.shop.page(TEA)))
    asker.start()
    assert entered.wait(30)
    move = Move(bench.shop, other(bench, gated, []))
    move.begin()
    until(move.ready)
    finisher = threading.Thread(target=move.finish)
    finisher.start()
    until(lambda: bench.shop.serving.release == "r2")
    assert bench.ids(Surface.SEARCH, query="tea") and finisher.is_alive() and old.space.reading._thread.is_alive()
    leave.set()
    asker.join(), finisher.join()
    assert [c.item for c in pages[0].items] == ["oil"] and not old.space.reading._thread.is_alive()


def test_what_is_given_up_is_closed_and_nothing_has_changed(bench, gated):
    old, closed = bench.shop.serving, []
    move = Move(bench.shop, other(bench, gated, closed))
    move.begin()
    gated.gate.set()
    move.abandon()
    assert closed == ["next"] and bench.shop.serving is old and bench.ids(Surface.SEARCH, query="tea")


def test_an_index_of_another_store_is_refused(bench, gated):
    goods = other(bench, gated, [])
    goods.index.apply([], 99)
    with pytest.raises(StoreError, match="another"):
        Move(bench.shop, goods).begin()


def test_who_builds_may_be_told_to_stop(bench, gated):
    def no(done, total):
        raise KeyError(done)

    with pytest.raises(KeyError):
        Move(bench.shop, other(bench, gated, [])).begin(on_progress=no)


def test_waiting_for_requests_has_an_end(bench):
    in_use = InUse(bench.shop.serving)
    with in_use.now() as serving:
        assert not in_use.wait(serving, timeout=0.01)
    assert in_use.wait(serving, timeout=0)
