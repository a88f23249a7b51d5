import threading

import pytest

from zhanggui.core.ids import Millis
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request, Surface
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.engine.query_vectors import QueryVectors
from zhanggui.engine.sources.search import SearchSource
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser


class Recording(HashEncoder):
    def __init__(self):
        super().__init__(dim=32)
        self.seen = []

    def queries(self, texts):
        self.seen += texts
        return super().queries(texts)


@pytest.fixture
def timely():
    timely = Timely()
    yield timely
    timely.close()


def test_the_same_query_is_encoded_once(timely):
    encoder = Recording()
    vectors = QueryVectors(encoder, timely)
    first = vectors.begin("tea")
    vector = first.vector()
    assert first.degraded == () and encoder.seen == ["tea"] and first.vector() is vector
    assert vectors.begin("tea").vector() is vector and encoder.seen == ["tea"]


def test_nothing_typed_means_nothing(timely):
    encoder = Recording()
    coming = QueryVectors(encoder, timely).begin("  ")
    assert (coming.vector(), coming.degraded, encoder.seen) == (None, (), [])


def test_words_do_not_wait_for_meaning(timely, until):
    gate = threading.Event()

    class Slow(Recording):
        def queries(self, texts):
            gate.wait()
            return super().queries(texts)

    slow = Slow()
    coming = QueryVectors(slow, timely, seconds=0.01).begin("tea")
    vector = coming.vector()
    gate.set()
    assert vector is None and coming.degraded == ("encoder",)
    until(lambda: slow.seen == ["tea"])


def test_a_query_is_being_encoded_when_the_index_is_asked(timely):
    begun = threading.Event()

    class Telling(Recording):
        def queries(self, texts):
            begun.set()
            return super().queries(texts)

    class Index(MemoryIndex):
        def search(self, query, vector, filters, **how):
            assert begun.wait(5), "nobody encodes before the index wants the vector"
            return super().search(query, vector, filters, **how)

    source = SearchSource(Index(analyser=Analyser(), dim=32), QueryVectors(Telling(), timely))
    assert source.propose(Request(Surface.SEARCH, query="tea"), Context(Millis(0), ())).degraded == ()


def test_the_encoder_reads_what_is_asked_for_not_what_is_excluded(make_bench, make_shelf, monkeypatch):
    seen, plain = [], HashEncoder.queries
    monkeypatch.setattr(HashEncoder, "queries", lambda self, texts: seen.extend(texts) or plain(self, texts))
    bench = make_bench(make_shelf("green tea", "tea bags"), meaning=True)
    bench.shop.page(Request(Surface.SEARCH, query='"green tea" -bags'))
    assert seen == ["green tea"]
