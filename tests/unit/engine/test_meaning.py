import numpy as np
import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.data.store.memory import MemoryStore
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.vectors import MemoryVectorCache
from zhanggui.engine.meaning import CatalogueReader, Meaning
from zhanggui.engine.progress import Progress
from zhanggui.state.memory import MemoryState


class Counting(HashEncoder):
    def __init__(self):
        super().__init__(dim=32)
        self.texts = []

    def passages(self, texts):
        self.texts += texts
        return super().passages(texts)


@pytest.fixture
def cache():
    return MemoryVectorCache(dim=32)


@pytest.fixture
def bench(make_bench, cache):
    """An index, a counting encoder and a meaning between them."""
    index, encoder = make_bench().index, Counting()
    meaning = Meaning(index, encoder, cache)
    meaning.start()

    def put(*products):
        changes = [Change(1, ChangeKind.PRODUCT, p.item_id, p) for p in products]
        index.apply(changes, 1)
        meaning.changed(changes)
        assert meaning.wait(timeout=10)

    yield index, encoder, meaning, put
    meaning.stop()


def test_every_product_that_says_something_gets_its_vector(bench):
    index, encoder, meaning, put = bench
    put(Product("a", title="green tea"), Product("b"), Product("c", category=("food", "tea")))
    assert np.allclose(index.vector("a"), HashEncoder(dim=32).passages(["green tea"])[0], atol=1e-3)
    assert index.vector("b") is None and index.vector("c") is not None
    assert meaning.progress() == Progress(2, 2)


def test_the_same_words_are_encoded_once(bench):
    index, encoder, meaning, put = bench
    put(*(Product(f"i{n}", title="green tea") for n in range(50)))
    put(Product("later", title="green tea"))
    assert (
        encoder.texts == ["green tea"] and index.vector("later") is not None and meaning.progress() == Progress(51, 51)
    )


def test_a_new_title_gets_a_new_vector_and_an_old_one_asks_nothing(bench):
    index, encoder, meaning, put = bench
    put(Product("a", title="green tea"))
    put(Product("a", title="green tea", price=3.0))
    assert encoder.texts == ["green tea"]
    put(Product("a", title="motor oil"))
    assert np.allclose(index.vector("a"), HashEncoder(dim=32).passages(["motor oil"])[0], atol=1e-3)
    assert meaning.progress() == Progress(1, 1)


def test_removed_products_are_forgotten(bench):
    index, _, meaning, put = bench
    put(Product("a", title="green tea"))
    gone = [Change(2, ChangeKind.REMOVED, "a")]
    index.apply(gone, 2)
    meaning.changed(gone)
    assert meaning.progress() == Progress(0, 0)


def test_a_product_that_says_nothing_is_not_due(bench):
    _, _, meaning, put = bench
    put(Product("a", title="green tea"), Product("b"))
    assert meaning.progress() == Progress(1, 1) and meaning.lacking(limit=9) == []


def test_a_vector_that_comes_too_late_is_not_taken(bench):
    index, encoder, meaning, put = bench
    index.apply([Change(1, ChangeKind.PRODUCT, "a", Product("a", title="motor oil"))], 1)
    meaning.want([Product("a", title="green tea")])  # read from the Store before it changed
    assert meaning.wait(timeout=10)
    assert encoder.texts == ["green tea"] and index.vector("a") is None and meaning.lacking(limit=9) == ["a"]


def test_nudging_asks_again_for_what_was_lost(bench, monkeypatch):
    index, _, meaning, put = bench
    lost = []
    monkeypatch.setattr(meaning._background, "ask", lambda texts, priority=0.0: lost.extend(texts) or len(texts))
    put(Product("a", title="green tea"))
    assert lost == ["green tea"] and meaning.progress() == Progress(0, 1) and meaning.lacking(limit=9) == []
    monkeypatch.undo()
    meaning.nudge()
    assert meaning.wait(timeout=10) and meaning.progress() == Progress(1, 1)


def test_what_a_full_queue_does_not_take_is_lacking_still(bench, monkeypatch):
    index, _, meaning, put = bench
    monkeypatch.setattr(meaning._background, "ask", lambda texts, priority=0.0: 0)
    put(Product("a", title="green tea"))
    assert meaning.lacking(limit=9) == ["a"]
    monkeypatch.undo()
    assert meaning.want([Product("a", title="green tea")]) == 1
    assert meaning.wait(timeout=10) and meaning.progress() == Progress(1, 1)


def test_only_what_lacks_its_vector_is_read(bench, monkeypatch):
    index, encoder, meaning, put = bench
    store = MemoryStore()
    store.put_products([Product(f"i{n}", title=f"tea {n}") for n in range(5)])
    index.apply(store.changes(0), 5)
    read: list[str] = []
    reader = CatalogueReader(meaning, store, MemoryState(None), batch=2, read_missing=lambda: read.append("missing"))
    monkeypatch.setattr(MemoryState, "popular", lambda self, k: [("i3", 9)])
    reader.run()
    assert meaning.wait(timeout=10)
    assert sorted(encoder.texts) == [f"tea {n}" for n in range(5)] and meaning.progress() == Progress(5, 5)
    monkeypatch.setattr(store, "products", lambda items: pytest.fail(f"read again: {items}"))
    reader.run()
    assert read == ["missing", "missing"]


def test_texts_that_no_product_says_any_more_are_forgotten_when_they_are_many(bench, cache, monkeypatch):
    index, encoder, meaning, put = bench
    monkeypatch.setattr("zhanggui.engine.meaning._SPARE", 4)
    reader = CatalogueReader(meaning, MemoryStore(), MemoryState(FixedClock(0)))
    put(Product("steady", title="bread"), Product("a", title="tea 0"))
    for n in range(1, 5):
        put(Product("a", title=f"tea {n}"))
    reader.run()
    assert len(cache) == 6  # both that are said, and as many others as may be
    put(Product("a", title="tea 5"))
    reader.run()
    assert len(cache) == 4 and sorted(encoder.texts) == ["bread", *(f"tea {n}" for n in range(6))]
    put(Product("a", title="tea 3"), Product("late", title="bread"))  # comes back soon: nothing to encode
    assert len(encoder.texts) == 7 and meaning.progress() == Progress(3, 3)
    put(Product("a", title="tea 1"))
    assert encoder.texts.count("tea 1") == 2


def test_a_product_that_left_the_store_is_not_asked_for_again_and_again(bench):
    index, encoder, meaning, put = bench
    index.apply([Change(1, ChangeKind.PRODUCT, "a", Product("a", title="tea"))], 1)
    CatalogueReader(meaning, MemoryStore(), MemoryState(None)).run()
    assert encoder.texts == [] and index.lacking(limit=9) == ("a",)
