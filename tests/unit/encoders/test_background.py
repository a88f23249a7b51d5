import threading

import numpy as np
import pytest

from zhanggui.core.passage import content_hash
from zhanggui.encoders import BackgroundEncoder, HashEncoder, MemoryVectorCache

ENCODER = HashEncoder(dim=16)


class Recording:
    """A real encoder that notes its batches, and fails where it is told to."""

    dim, name = 16, "recording"

    def __init__(self, *, failures=0, poison=()):
        self.batches, self.failures, self.poison = [], failures, poison

    def passages(self, texts):
        self.batches.append(list(texts))
        if self.failures or set(self.poison) & set(texts):
            self.failures = max(0, self.failures - 1)
            raise RuntimeError("out of order")
        return ENCODER.passages(texts)

    queries = passages


class Queue:
    def __init__(self, encoder=None, cache=None, **options):
        self.encoder, self.got = encoder or Recording(), {}
        self.cache = MemoryVectorCache(dim=16) if cache is None else cache
        self.background = BackgroundEncoder(self.encoder, self.cache, self.take, patience=(0.001,), **options)

    def take(self, texts, vectors):
        self.got.update(zip(texts, vectors, strict=True))

    def run(self):
        self.background.start()
        assert self.background.wait(timeout=20)
        self.background.stop()
        return self.background.progress()


def test_every_text_is_handed_over_with_its_vector_and_kept():
    queue, texts = Queue(), [f"item {number}" for number in range(150)]
    assert queue.background.ask(texts + texts) == 300
    progress = queue.run()
    assert (progress.done, progress.total, progress.running, progress.failures) == (150, 150, False, 0)
    handed = np.stack([queue.got[text] for text in texts])
    assert np.allclose(handed, ENCODER.passages(texts), atol=1e-3)
    _, kept = queue.cache.get([content_hash(text) for text in texts])
    assert np.array_equal(handed, kept.astype(np.float16)), "the same today and after a restart"
    assert all(content_hash(text) in queue.cache for text in texts)
    assert max(map(len, queue.encoder.batches)) == 64


def test_what_is_cached_is_not_encoded_again():
    first = Queue()
    first.background.ask(["a", "b"])
    first.run()
    second = Queue(cache=first.cache)
    second.background.ask(["a", "b", "c"])
    second.run()
    assert second.encoder.batches == [["c"]] and set(second.got) == {"a", "b", "c"}
    assert np.allclose(second.got["a"], first.got["a"])


def test_the_most_wanted_comes_first_and_the_latest_call_before_older_ones():
    queue = Queue(batch=1)
    queue.background.ask(["old", "older"])
    queue.background.ask(["popular"], priority=9)
    queue.background.ask(["new", "newer"])
    queue.background.ask(["older"], priority=1)
    queue.run()
    assert [batch[0] for batch in queue.encoder.batches] == ["popular", "older", "new", "newer", "old"]


def test_long_texts_come_in_small_batches():
    queue = Queue()
    queue.background.ask([f"{number}" * 1500 for number in range(6)])
    queue.run()
    assert [len(batch) for batch in queue.encoder.batches] == [2, 2, 2]


def test_a_failing_encoder_is_told_of_and_asked_again():
    queue = Queue(Recording(failures=3))
    queue.background.ask(["a", "b", "c"])
    progress = queue.run()
    assert progress.failures == 3 and progress.last_error == "RuntimeError: out of order"
    assert set(queue.got) == {"a", "b", "c"} and progress.done == progress.total == 3


def test_one_bad_text_does_not_hold_up_the_others():
    queue = Queue(Recording(poison=["bad"]))
    queue.background.ask(["bad", *"abcdef"], priority=1)
    queue.background.start()
    with queue.background._changed:
        assert queue.background._changed.wait_for(lambda: len(queue.background._wishes) == 1, 20)
    assert set(queue.got) == set("abcdef")
    assert queue.background.progress().running
    queue.encoder.poison = ()
    assert queue.background.wait(timeout=20) and "bad" in queue.got
    queue.background.stop()


def test_a_failing_receiver_gets_the_vectors_again_without_encoding_anew():
    queue, calls = Queue(), []

    def take(texts, vectors):
        calls.append(texts)
        if len(calls) == 1:
            raise OSError("disk full")

    queue.background._on_vectors = take
    queue.background.ask(["a", "b"])
    assert queue.run().failures == 1
    assert calls == [["a", "b"], ["a", "b"]] and queue.encoder.batches == [["a", "b"]]


def test_a_full_queue_takes_what_fits_and_says_how_many():
    queue = Queue(capacity=3)
    assert queue.background.ask(list("abcde")) == 3
    assert queue.background.ask(["a"]) == 1, "waits already"
    queue.run()
    assert queue.background.progress().total == 3 and set(queue.got) == set("abc")


def test_stop_hands_over_the_batch_at_hand_and_nothing_more():
    reached, go = threading.Event(), threading.Event()

    class Slow(Recording):
        def passages(self, texts):
            reached.set()
            assert go.wait(20)
            return super().passages(texts)

    queue = Queue(Slow(), batch=2)
    queue.background.ask(list("abcdef"))
    queue.background.start()
    assert reached.wait(20)
    stopper = threading.Thread(target=queue.background.stop)
    stopper.start()
    while not queue.background._stopping:
        pass
    go.set()
    stopper.join(20)
    progress = queue.background.progress()
    assert set(queue.got) == {"a", "b"} and (progress.done, progress.total, progress.running) == (2, 6, False)
    assert len(queue.cache) == 2


@pytest.mark.parametrize("begun", [True, False])
def test_stop_without_work_returns_at_once(begun):
    queue = Queue()
    if begun:
        queue.background.start()
    queue.background.stop()
    queue.background.stop()
    assert not queue.background.progress().running


def test_stop_does_not_wait_for_a_patient_retry():
    queue = Queue(Recording(failures=99))
    queue.background._patience = (600.0,)
    queue.background.ask(["a"])
    queue.background.start()
    with queue.background._changed:
        assert queue.background._changed.wait_for(lambda: queue.background._failures > 0, 20)
    queue.background.stop()
    assert not queue.background.progress().running and queue.background.progress().total == 1
