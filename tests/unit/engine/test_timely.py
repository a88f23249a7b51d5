import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from zhanggui.core.errors import InputError
from zhanggui.engine.timely import Timely, attempt


@pytest.fixture
def timely():
    timely = Timely(workers=3, patience=2)
    yield timely
    timely.close()


def broken():
    raise InputError("no such word")


def test_results_come_in_the_order_asked(timely):
    outcomes = timely.run({"b": lambda: 2, "a": lambda: 1}, seconds=5)
    assert list(outcomes.results.items()) == [("b", 2), ("a", 1)] and set(outcomes.millis) == {"a", "b"}


def test_a_failure_costs_only_itself(timely):
    outcomes = timely.run({"bad": broken, "worse": lambda: 1 // 0, "good": lambda: 1}, seconds=5)
    assert outcomes.results == {"good": 1}
    assert outcomes.failed["bad"] == "InputError: no such word" and "ZeroDivisionError" in outcomes.failed["worse"]
    assert timely.ailing() == ("bad", "worse") and timely.failures() == {"bad": 1, "worse": 1}


def test_who_recovers_is_no_longer_ailing(timely):
    timely.run({"part": broken}, seconds=5)
    timely.run({"part": lambda: 1}, seconds=5)
    assert timely.ailing() == () and timely.failures() == {"part": 1}


def test_the_late_are_named_then_skipped_and_heard_again_when_they_are_back(timely, until):
    gate = threading.Event()
    for _ in range(2):
        outcomes = timely.run({"slow": gate.wait, "fast": lambda: 1}, seconds=0.02)
        assert outcomes.results == {"fast": 1} and outcomes.failed == {"slow": "late: not back within 0.02 s"}
    assert "skipped" in timely.run({"slow": gate.wait}, seconds=5).failed["slow"]
    gate.set()
    until(lambda: timely.run({"slow": gate.wait}, seconds=5).results == {"slow": True})


def test_attempt_lets_only_errors_pass():
    result, error = attempt(broken, "part")
    assert result is None and isinstance(error, InputError)
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: (_ for _ in ()).throw(KeyboardInterrupt), "part")


def test_calls_within_calls_find_a_thread_however_many_ask_at_once():
    """A search asks the encoder from within its source: two searches at once used to take all threads and wait."""
    timely, callers = Timely(), 12
    everyone_is_in = threading.Barrier(callers)

    def source():
        everyone_is_in.wait(timeout=10)
        return timely.run({"encoder": lambda: "vector"}, seconds=20).results["encoder"]

    with ThreadPoolExecutor(callers) as pool:
        asked = [pool.submit(timely.run, {"search": source}, seconds=20) for _ in range(callers)]
        found = [future.result() for future in asked]
    timely.close()
    assert [outcomes.results for outcomes in found] == [{"search": "vector"}] * callers
    assert timely.failures() == {}


def test_threads_of_a_crowded_moment_end_when_they_are_not_needed_any_more(until):
    timely = Timely(idle=0.02)
    together = threading.Barrier(40, timeout=10)
    crowd = timely.run({str(n): together.wait for n in range(40)}, seconds=10)
    assert len(crowd.results) == 40 and len(timely._threads) == 40
    until(lambda: len(timely._threads) == 0)
    assert timely.run({"a": lambda: 1}, seconds=5).results == {"a": 1}, "and begin again"
    timely.close()


def test_they_end_under_load_too(until):
    timely = Timely(idle=0.02)
    together = threading.Barrier(40, timeout=10)
    timely.run({str(n): together.wait for n in range(40)}, seconds=10)
    for _ in range(500):
        assert len(timely.run({"a": lambda: 1, "b": lambda: 2}, seconds=5).results) == 2
    until(lambda: (timely.run({"a": lambda: 1}, seconds=5), len(timely._threads))[1] <= 2)
    timely.close()
