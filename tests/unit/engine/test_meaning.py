import numpy as np
import pytest

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
def bench(make_bench):
    """An index, a counting encoder and a meaning between them."""
    index = make_bench().index
    encoder, cache = Counting(), MemoryVectorCache(dim=32)
    meaning = Meaning(index, encoder, cache)
    meaning.complete = True
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
    assert np.array_equal(index.vector("a"), HashEncoder(dim=32).passages(["green tea"])[0])
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
    assert np.array_equal(index.vector("a"), HashEncoder(dim=32).passages(["motor oil"])[0])
    assert meaning.progress() == Progress(1, 1)


def test_removed_products_are_forgotten(bench):
    index, _, meaning, put = bench
    put(Product("a", title="green tea"))
    meaning.changed([Change(2, ChangeKind.REMOVED, "a")])
    assert meaning.progress() == Progress(0, 0)


def test_until_the_catalogue_was_read_all_of_it_is_due(bench):
    index, _, meaning, put = bench
    meaning.complete = False
    put(Product("a", title="green tea"), Product("b"))
    assert meaning.progress() == Progress(1, 2)


def test_nudging_asks_again_for_what_was_lost(bench, monkeypatch):
    index, _, meaning, put = bench
    lost = []
    monkeypatch.setattr(meaning._background, "ask", lambda texts, priority=0.0: lost.extend(texts) or 0)
    put(Product("a", title="green tea"))
    assert lost == ["green tea"] and meaning.progress() == Progress(0, 1)
    monkeypatch.undo()
    meaning.nudge()
    assert meaning.wait(timeout=10) and meaning.progress() == Progress(1, 1)


def test_the_catalogue_is_read_once(bench, monkeypatch):
    index, encoder, meaning, put = bench
    store = MemoryStore()
    store.put_products([Product(f"i{n}", title=f"tea {n}") for n in range(5)])
    index.apply(store.changes(0), 5)
    reader = CatalogueReader(meaning, store, MemoryState(None), batch=2)
    monkeypatch.setattr(MemoryState, "popular", lambda self, k: [("i3", 9)])
    reader.run()
    reader.run()
    assert meaning.wait(timeout=10)
    assert sorted(encoder.texts) == [f"tea {n}" for n in range(5)] and meaning.progress() == Progress(5, 5)
