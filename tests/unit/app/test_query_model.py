"""A Release whose encoder has a model of its own for queries: what a server makes of it."""

import shutil
import threading
import time
from contextlib import closing

import pytest

from tests.integration.tiny import THINGS, make_release, write_encoder
from zhanggui.app.build import build_shop
from zhanggui.app.releasing import Order
from zhanggui.app.releasing import make_release as make_order
from zhanggui.app.settings import load
from zhanggui.app.spaces import open_encoder_of
from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.data.release import Facts, open_release, promote, write_release
from zhanggui.data.store import open_store


@pytest.fixture
def home(tmp_path):
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products([Product(word, title=word) for word in THINGS])
    return tmp_path


def release_with_queries(home, name):
    """Write a Release for whose passages cup and mug are alike, and for whose queries cup and oil are."""

    def fill(folder):
        write_encoder(folder / "encoder", ("cup", "mug"))
        write_encoder(folder / "other", ("oil", "cup"))
        (folder / "other/model.onnx").rename(folder / "encoder/queries.onnx")
        shutil.rmtree(folder / "other")
        return Facts()

    write_release(home, name=name, clock=FixedClock(1_760_000_000_000), fill=fill)
    promote(home, name)


def wait_for_vectors(shop):
    pause, deadline = threading.Event(), time.monotonic() + 30
    while shop.health().meaning.done < len(THINGS):
        assert time.monotonic() < deadline, "the vectors are not there in time"
        pause.wait(0.01)


def encoder_of(home, name):
    return open_encoder_of(load({}, home=home), open_release(home, name))


def test_another_model_of_queries_is_another_encoder_with_an_index_of_its_own(home):
    make_release(home, "r1", ("cup", "mug"))
    release_with_queries(home, "r2")
    one, other = encoder_of(home, "r1"), encoder_of(home, "r2")
    assert one.encoder.name != other.encoder.name and one.folder != other.folder
    assert (one.encoder.passages(THINGS) == other.encoder.passages(THINGS)).all()


def test_searches_ask_by_it_and_products_are_alike_without_it(home):
    release_with_queries(home, "r1")
    with closing(build_shop(load({}, home=home))) as shop:
        wait_for_vectors(shop)
        found = [item.item for item in shop.page(Request(Surface.SEARCH, query="cup", k=2)).items]
        alike = [item.item for item in shop.page(Request(Surface.SIMILAR, item="cup", k=1)).items]
    assert sorted(found) == ["cup", "oil"] and alike == ["mug"]


def test_other_training_takes_it_over(home):
    release_with_queries(home, "r1")
    with closing(open_store(home / "shop.db")) as store:
        store.put_events([Event(f"e{n}", f"u{n}", EventType.VIEW, 1_760_000_000_000 + n, "cup") for n in range(9)])
        made = make_order(load({}, home=home), store, Order(), told=lambda *_: None)
    assert encoder_of(home, made.manifest.name).encoder.name == encoder_of(home, "r1").encoder.name
    assert "encoder/queries.onnx" in made.manifest.files
