"""The index and its vectors, where the catalogue is large enough for a graph."""

import numpy as np
import pytest

from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.index.lexical import Lexical
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.vectors import KeptRows, Policy, said

N, ENCODER = 400, HashEncoder(dim=32)
PRODUCTS = [Product(f"i{n}", title=f"thing {n} of sort {n % 7}", category=(f"c{n % 7}",)) for n in range(N)]
VECTORS = ENCODER.passages([product.title for product in PRODUCTS])


@pytest.fixture
def index(tmp_path):
    """An index in whose folder a graph of all titles lies, as an earlier run left it."""
    texts = np.array([said(content_hash(passage(product))) for product in PRODUCTS])
    kept = KeptRows(tmp_path / "vectors", dim=32, encoder=ENCODER.name, policy=Policy(exact=100, calm=0.0, threads=1))
    kept.say(np.arange(N), texts)
    kept.put(np.arange(N), VECTORS)
    while not kept.settled(timeout=10):
        pass
    kept.close()
    opened = TantivyIndex(tmp_path, analyser=Analyser(), dim=32, encoder=ENCODER.name)
    yield opened
    opened.close()


def put(index, products, position):
    index.apply([Change(position, ChangeKind.PRODUCT, p.item_id, p) for p in products], position)
    while not index._vectors.settled(timeout=10):
        pass


def test_an_index_made_anew_from_the_feed_has_its_vectors_at_once(index):
    put(index, PRODUCTS[::-1], 1)  # other rows than before
    assert index.meant() == (N, N) and index.lacking(limit=9) == ()
    for at in (0, 77, N - 1):
        assert index.nearest(VECTORS[at], Filters(), k=1)[0][0] == f"i{at}"
        assert np.allclose(index.vector(f"i{at}"), VECTORS[at], atol=1e-3)


def test_filters_changes_and_removals(index):
    put(index, PRODUCTS, 1)
    only = Filters(categories=(("c3",),))
    assert {item for item, _ in index.nearest(VECTORS[0], only, k=20)} <= {f"i{n}" for n in range(3, N, 7)}
    put(index, [Product("i5", title="something else")], 2)
    index.apply([Change(3, ChangeKind.REMOVED, "i6")], 3)
    assert index.lacking(limit=9) == ("i5",) and index.meant() == (N - 2, N - 1)
    assert index.vector("i5") is None and index.vector("i6") is None
    late = ENCODER.passages(["something else"])
    index.put_vectors(["i5", "i6"], np.repeat(late, 2, axis=0), hashes=[content_hash("something else")] * 2)
    assert index.nearest(late[0], Filters(), k=1)[0][0] == "i5" and index.lacking(limit=9) == ()


def test_search_by_meaning_finds_what_words_do_not(index):
    put(index, PRODUCTS, 1)
    matches = index.search("unheard", VECTORS[9], Filters())
    assert matches.items[0] == "i9" and matches.dense[0] == pytest.approx(1, abs=1e-3)
    assert np.isnan(matches.lexical).all() and 0 < matches.total < N


def test_words_are_looked_up_before_a_vector_that_is_being_made_is_waited_for(index, monkeypatch):
    order, matches = [], Lexical.matches
    monkeypatch.setattr(Lexical, "matches", lambda *at, **how: order.append("words") or matches(*at, **how))
    put(index, PRODUCTS[:9], 1)
    index.search("thing", lambda: order.append("vector"), Filters())
    assert order == ["words", "vector", "words"], "asked anew, more kindly, where no vector came"
