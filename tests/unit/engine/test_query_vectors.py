import threading

import numpy as np
import pytest

from zhanggui.core.request import Request, Surface
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.engine.query_vectors import QueryVectors
from zhanggui.engine.timely import Timely


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
    first, degraded = vectors.of("tea")
    again, _ = vectors.of("tea")
    assert degraded == () and encoder.seen == ["tea"] and np.array_equal(first, again)


def test_nothing_typed_means_nothing(timely):
    encoder = Recording()
    assert QueryVectors(encoder, timely).of("  ") == (None, ()) and encoder.seen == []


def test_words_do_not_wait_for_meaning(timely, until):
    gate = threading.Event()

    class Slow(Recording):
        def queries(self, texts):
            gate.wait()
            return super().queries(texts)

    slow = Slow()
    vector, degraded = QueryVectors(slow, timely, seconds=0.01).of("tea")
    gate.set()
    assert vector is None and degraded == ("encoder",)
    until(lambda: slow.seen == ["tea"])


def test_the_encoder_reads_what_is_asked_for_not_what_is_excluded(make_bench, make_shelf, monkeypatch):
    seen, plain = [], HashEncoder.queries
    monkeypatch.setattr(HashEncoder, "queries", lambda self, texts: seen.extend(texts) or plain(self, texts))
    bench = make_bench(make_shelf("green tea", "tea bags"), meaning=True)
    bench.shop.page(Request(Surface.SEARCH, query='"green tea" -bags'))
    assert seen == ["green tea"]
