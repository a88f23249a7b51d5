"""Which Release a shop opens with, by which encoder, and where its index lies."""

from contextlib import closing

import numpy as np
import orjson
import pytest

from tests.integration.tiny import make_release
from zhanggui.app.build import build_shop, judge_of, read_weight, shop_encoder
from zhanggui.app.releasing import Order
from zhanggui.app.releasing import make_release as make_order
from zhanggui.app.settings import load
from zhanggui.app.spaces import note_served, open_encoder_of, served
from zhanggui.core.errors import ConfigError
from zhanggui.core.event import Event, EventType
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.data.release import open_release, promote
from zhanggui.data.store import open_store
from zhanggui.encoders import VectorCache
from zhanggui.encoders.hashed import HashEncoder

GOODS = [Product(word, title=word) for word in ("cup", "mug", "oil")]


@pytest.fixture
def home(tmp_path):
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products(GOODS)
    return tmp_path


def opened(home, **given):
    with closing(build_shop(load({}, home=home, **given))) as shop:
        space = shop.serving.space
        return shop.health(), space.encoder.name if space.encoder else ""


def encoder_of(home, name):
    return open_encoder_of(load({}, home=home), open_release(home, name))


def fill_vectors(home, name):
    """Make the vectors of an encoder, as a move or the training does."""
    encoder = encoder_of(home, name).encoder
    texts = [passage(product) for product in GOODS]
    with closing(VectorCache(home / "vectors", encoder=encoder.name, dim=encoder.dim)) as cache:
        cache.put([content_hash(text) for text in texts], np.asarray(encoder.passages(texts)))


def test_the_encoder_of_the_release_serves_unless_another_is_named(home):
    make_release(home, "r1", ("cup", "mug"))
    health, encoder = opened(home)
    assert (health.release, encoder) == ("r1", encoder_of(home, "r1").encoder.name) and encoder.startswith("encoder@")
    assert opened(home, encoder="hash")[1].startswith("hash") and opened(home, encoder="none")[1] == ""
    assert shop_encoder(load({}, home=home)).name == encoder


def test_encoders_never_share_an_index_or_vectors(home):
    make_release(home, "r1", ("cup", "mug"))
    make_release(home, "r2", ("cup", "oil"))
    one, other = encoder_of(home, "r1"), encoder_of(home, "r2")
    assert one.encoder.name != other.encoder.name and one.folder != other.folder
    assert one.folder == encoder_of(home, "r1").folder


def test_the_release_before_serves_until_the_vectors_are_there(home):
    make_release(home, "r1", ("cup", "mug"))
    assert opened(home)[0].release == "r1"
    make_release(home, "r2", ("cup", "oil"))
    assert opened(home)[0].release == "r1" and opened(home)[0].degraded == ()
    fill_vectors(home, "r2")
    assert opened(home)[0].release == "r2"


def test_with_the_same_encoder_nothing_is_waited_for(home):
    make_release(home, "r1", ("cup", "mug"))
    opened(home)
    make_release(home, "r2", ("cup", "mug"))
    assert encoder_of(home, "r1").encoder.name == encoder_of(home, "r2").encoder.name
    assert opened(home)[0].release == "r2"


def test_a_release_before_that_is_gone_is_not_waited_for(home):
    make_release(home, "r1", ("cup", "mug"))
    opened(home)
    make_release(home, "r2", ("cup", "oil"))
    (home / "releases/r1/notes").write_text("altered")
    assert opened(home)[0].release == "r2"


def test_a_damaged_encoder_gives_way_to_the_built_in_one(home, caplog, monkeypatch):
    monkeypatch.setattr("zhanggui.app.spaces._built_in", lambda settings, name: HashEncoder(dim=16))
    make_release(home, "r1", ("cup", "mug"), damaged=True)
    health, encoder = opened(home)
    assert (health.release, health.degraded) == ("r1", ("encoder",)) and encoder == HashEncoder(dim=16).name
    assert "encoder of Release r1 cannot be opened" in caplog.text
    with pytest.raises(ConfigError):
        encoder_of(home, "r1")


def test_a_damaged_ranker_is_gone_without(home, caplog):
    make_release(home, "r1", ("cup", "mug"), ranker="torn")
    assert opened(home)[0].degraded == ("ranker",) and "cross-encoder of Release r1" in caplog.text


def test_the_ranker_of_the_release_judges_searches_and_says_so(home):
    make_release(home, "r1", ("cup", "mug"), ranker="oil")
    with closing(open_store(home / "shop.db")) as store:
        store.put_products([Product("plain", title="cup"), Product("oily", title="cup oil thing1 thing2 thing3")])
    with closing(build_shop(load({}, home=home, rerank_ms=30_000))) as shop:
        best = shop.page(Request(Surface.SEARCH, query="cup")).items[0]
        assert best.item == "oily" and best.by("cross_encoder").score == 5.0
        assert shop.figures().judged.runs == 1


def test_other_training_takes_over_encoder_and_ranker(home):
    make_release(home, "r1", ("cup", "mug"), ranker="oil")
    with closing(open_store(home / "shop.db")) as store:
        store.put_events([Event(f"e{n}", f"u{n}", EventType.VIEW, 1_760_000_000_000 + n, "cup") for n in range(9)])
        made = make_order(load({}, home=home), store, Order(), told=lambda *_: None)
    assert encoder_of(home, made.manifest.name).encoder.name == encoder_of(home, "r1").encoder.name
    assert (made.path / "ranker/blend.json").exists() and not (made.path / "notes").exists()


def test_old_indexes_are_deleted_the_one_before_is_kept(tmp_path):
    for name in ("index", "index-aa", "index-cc", "index-of-mine"):
        (tmp_path / name).mkdir()
    note_served(tmp_path, "r1", tmp_path / "index-aa")
    (tmp_path / "index-bb").mkdir()
    note_served(tmp_path, "r2", tmp_path / "index-bb")
    kept = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert kept == ["index", "index-aa", "index-bb", "index-of-mine"]
    assert served(tmp_path) == ("r2", tmp_path / "index-bb")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"release": "r1"}', b"\xff"])
def test_a_torn_note_says_nothing(tmp_path, content):
    (tmp_path / "serving.json").write_bytes(content)
    assert served(tmp_path) == ("", tmp_path / "index")


def test_the_weight_of_the_cross_encoder(tmp_path):
    assert read_weight(tmp_path) == 0.5
    (tmp_path / "blend.json").write_bytes(orjson.dumps({"weight": 0.3}))
    assert read_weight(tmp_path) == 0.3
    for content in (b"{", b"{}", b'{"weight": 2}', b'{"weight": "much"}'):
        (tmp_path / "blend.json").write_bytes(content)
        with pytest.raises(ConfigError, match="weight"):
            read_weight(tmp_path)


def test_nothing_is_promoted_by_opening(home):
    make_release(home, "r1", ("cup", "mug"), use=False)
    assert opened(home, encoder="hash")[0].release == "base"
    promote(home, "r1")
    assert opened(home, encoder="hash")[0].release == "r1"


def test_a_ranker_that_counts_nothing_is_not_opened(home):
    make_release(home, "r1", ("cup", "mug"), ranker="torn")
    release = open_release(home, "r1")
    (release.path / "ranker/blend.json").write_bytes(orjson.dumps({"weight": 0.0}))
    assert judge_of(load({}, home=home), release) is None
