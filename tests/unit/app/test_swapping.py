"""The mover looks at CURRENT: it begins, goes on, gives up, refuses, and tries again."""

import threading
import time
from contextlib import closing

import pytest

from tests.integration.tiny import THINGS, make_release
from zhanggui.app.build import build_shop
from zhanggui.app.settings import load
from zhanggui.app.swapping import Mover
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.data.release import promote, rollback
from zhanggui.data.store import open_store
from zhanggui.encoders.onnx_encoder import OnnxEncoder


@pytest.fixture
def home(tmp_path):
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products([Product(word, title=word) for word in THINGS])
    make_release(tmp_path, "r1", ("cup", "mug"))
    return tmp_path


@pytest.fixture
def shop(home):
    with closing(build_shop(load({}, home=home))) as shop:
        yield shop


@pytest.fixture
def mover(home, shop):
    mover = Mover(load({}, home=home), shop)
    yield mover
    mover.stop()
    mover.close()


@pytest.fixture
def until():
    """Wait for a thread's work, not for a time."""

    def wait(true):
        pause, deadline = threading.Event(), time.monotonic() + 30
        while not true():
            assert time.monotonic() < deadline, "it did not happen in time"
            pause.wait(0.01)

    return wait


@pytest.fixture
def slow(monkeypatch):
    """Passages cannot be encoded until `slow()` is called."""
    plain = OnnxEncoder.passages

    def never(self, texts):
        raise RuntimeError("not yet")

    monkeypatch.setattr(OnnxEncoder, "passages", never)
    return lambda: monkeypatch.setattr(OnnxEncoder, "passages", plain)


def looks(mover, shop, until, release):
    until(lambda: mover.look() or shop.health().release == release)


def outcomes(shop):
    return dict(shop.figures().moves)


def test_nothing_new_is_nothing_to_do(mover, shop):
    before = shop.serving
    mover.look()
    assert shop.serving is before and outcomes(shop) == {}


def test_progress_is_told_and_old_vectors_serve_meanwhile(home, mover, shop, until):
    until(lambda: shop.health().meaning.done == len(THINGS))
    make_release(home, "r2", ("cup", "oil"))
    looks(mover, shop, until, "r2")
    assert [c.item for c in shop.page(Request(Surface.SIMILAR, item="cup", k=1)).items] == ["oil"]
    assert outcomes(shop) == {"moved": 1} and shop.health().moving is None
    assert len(list(home.glob("index-*"))) == 2


def test_one_that_is_not_wanted_any_more_is_given_up(home, mover, shop, slow, until):
    make_release(home, "r2", ("cup", "oil"))
    mover.look()
    assert shop.health().moving.release == "r2" and shop.health().moving.meaning.total == len(THINGS)
    rollback(home)
    mover.look()
    assert shop.health().moving is None and shop.health().release == "r1" and outcomes(shop) == {"abandoned": 1}
    slow()
    promote(home, "r2")
    looks(mover, shop, until, "r2")


def test_a_server_that_ends_in_the_middle_closes_what_it_prepared(home, mover, shop, slow):
    make_release(home, "r2", ("cup", "oil"))
    mover.look()
    mover.stop()
    mover.close()
    assert outcomes(shop) == {"abandoned": 1} and shop.health().release == "r1"


def test_one_that_is_being_stopped_builds_no_index(home, mover, shop):
    make_release(home, "r2", ("cup", "oil"))
    mover.stop()
    mover.look()
    assert outcomes(shop) == {"abandoned": 1} and shop.health().release == "r1"


@pytest.mark.parametrize("harm", [{"damaged": True}, {"ranker": "torn"}])
def test_a_damaged_one_is_told_once_and_the_old_one_goes_on(home, mover, shop, caplog, harm, until):
    make_release(home, "r2", ("cup", "oil"), **harm)
    mover.look()
    mover.look()
    assert outcomes(shop) == {"failed": 1} and "r2 cannot be opened, r1 goes on" in caplog.text
    assert shop.health().degraded == ("release",) and shop.health().release == "r1"
    mover.again()
    mover.look()
    assert outcomes(shop) == {"failed": 2}
    make_release(home, "r3", ("cup", "oil"))
    looks(mover, shop, until, "r3")
    assert shop.health().degraded == ()


def test_going_back_to_the_one_that_serves_heals(home, mover, shop):
    make_release(home, "r2", damaged=False)
    (home / "releases/r2/notes").write_text("altered")
    mover.look()
    assert shop.health().degraded == ("release",)
    rollback(home)
    mover.look()
    assert shop.health().degraded == ()


def test_tokens_order_a_search_of_a_young_shop_and_by_the_next_release_too(home, until):
    """With the same encoder the index is kept, and so is what it has read."""
    for name in ("r2", "r3"):
        make_release(home, name, ("cup", "mug"), tokens=True, use=name == "r2")
    settings = load({}, home=home)
    with closing(build_shop(settings)) as shop, closing(Mover(settings, shop)) as mover:
        for release in ("r2", "r3"):
            promote(home, release)
            looks(mover, shop, until, release)
            until(lambda: shop.health().meaning.done == len(THINGS))
            found = {c.item: c for c in shop.page(Request(Surface.SEARCH, query="cup mug")).items}
            assert {"cup", "mug"} <= set(found), release
            told = [found[item].by("late_interaction") for item in ("cup", "mug")]
            assert all(one and one.score > 0.4 for one in told), (release, found)


def test_a_fitted_threshold_goes_with_its_release(home, mover, shop, until):
    make_release(home, "r2", ("cup", "mug"), fusion={"weight": 0.4, "spread": 0.2, "threshold": 1.5})
    index = shop.serving.space.index
    assert index.dense_threshold != 1.5
    looks(mover, shop, until, "r2")
    assert shop.serving.space.index is index and index.dense_threshold == 1.5
