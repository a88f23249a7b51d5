import threading

import pytest

from zhanggui.core.candidate import Ranking
from zhanggui.core.errors import StoreError
from zhanggui.core.request import Surface
from zhanggui.data.store import MemoryStore
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating


@pytest.fixture
def running():
    threads = []

    def start(task):
        threads.append(Repeating("task", task, every=0.001, patience=(0.001,)))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.stop()


@pytest.mark.parametrize("error", [StoreError("The disk is full."), ZeroDivisionError("no")])
def test_a_task_that_fails_is_tried_again_and_recovers(running, until, caplog, error):
    healthy = threading.Event()

    def task():
        if not healthy.is_set():
            raise error

    thread = running(task)
    until(lambda: thread.errors >= 3)
    assert type(error).__name__ in thread.last_error
    healthy.set()
    until(lambda: thread.last_error == "")
    assert len([record for record in caplog.records if "task" in record.message]) <= 1


class FullStore(MemoryStore):
    """A Store whose disk is full for a while."""

    def __init__(self):
        super().__init__()
        self.full = True

    def put_rankings(self, rankings):
        if self.full:
            raise StoreError("The disk is full.")
        super().put_rankings(rankings)


def shown(number):
    return Ranking(f"r{number}", Surface.TRENDING, number, ("tea",), (1.0,), (1.0,))


def test_the_record_of_pages_is_bounded_and_what_is_dropped_is_counted():
    store = FullStore()
    log = RankingLog(store, capacity=100)
    for number in range(250):
        log.offer(shown(number))
        if number % 50 == 0:
            with pytest.raises(StoreError):
                log.flush()
    assert (len(log), log.dropped) == (100, 150)
    store.full = False
    log.flush()
    assert len(log) == 0 and store.totals().rankings == 100
    log.offer(shown(999))
    log.flush()
    assert store.ranking("r999") is not None and log.dropped == 150
