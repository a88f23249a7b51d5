import threading

import numpy as np
import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import DAY, Millis
from zhanggui.core.interactions import Interactions, Vocabulary
from zhanggui.state.checks import NOW, event, log_of
from zhanggui.state.counters import Counters
from zhanggui.state.memory import MemoryState


def test_the_user_idle_longest_is_forgotten_first():
    state = MemoryState(FixedClock(NOW), max_users=2)
    state.apply([event("ann", "tea"), event("bob", "tea"), event("ann", "mug"), event("cat", "tea")], 4)
    assert state.users(k=9) == ["ann", "cat"]


def test_loading_keeps_the_users_active_last():
    state = MemoryState(FixedClock(NOW), max_users=1)
    state.load(log_of([event("ann", "tea", age=5), event("bob", "tea", age=1), event("cat", "tea", age=9)]), 3)
    assert state.users(k=9) == ["bob"]


def test_the_future_is_counted():
    state = MemoryState(FixedClock(NOW), tolerance=10)
    state.apply([event("ann", "soon", age=-10), event("ann", "late", age=-11)], 2)
    assert state.left_out == 1 and [act.item for act in state.history("ann")] == ["soon"]


def test_counters_move_their_landmark_without_losing_the_ratio():
    counters = Counters(half_life=DAY)
    for day in range(0, 500, 5):
        counters.add("tea", Millis(day * DAY), 1.0, new_shopper=True)
    assert counters.recent(Millis(495 * DAY))[0] == pytest.approx(1 / (1 - 2**-5))


def test_a_clock_set_far_back_does_not_overflow():
    state = MemoryState(FixedClock(NOW))
    state.apply([event("ann", "tea")], 1)
    state._clock = FixedClock(Millis(0))
    assert [item for item, _ in state.trending(k=3)] == ["tea"]


def test_reading_while_writing_from_many_threads():
    state = MemoryState(FixedClock(NOW))
    state.load(log_of([event(f"u{n}", "tea", age=n) for n in range(8)]), 1)
    errors = []

    def work(name):
        for n in range(50):
            state.apply([event(name, f"i{n}", age=n)], 10**9)
            if len(state.history(name)) > 51 or not state.trending(k=3):
                errors.append(name)

    threads = [threading.Thread(target=work, args=(f"u{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_a_large_log_is_kept_as_columns():
    n, rng = 200_000, np.random.default_rng(0)
    users, items = Vocabulary(f"u{row:04}" for row in range(400)), Vocabulary(f"i{row:05}" for row in range(9000))
    log = Interactions(
        users,
        items,
        np.sort(rng.integers(400, size=n)).astype(np.int32),
        rng.integers(9000, size=n).astype(np.int32),
        np.tile(np.arange(n, dtype=np.int64), 1) + NOW - n,
        np.zeros(n, np.uint8),
        np.full(n, -1, np.int64),
    )
    state = MemoryState(FixedClock(NOW), acts_per_user=100)
    state.load(log, n)
    assert all(isinstance(acts, int) for acts in state._users.values())
    last = int(log.item[log.user == 7][-1])
    acts = state.history("u0007")
    assert len(acts) == 100 and acts[-1].item == items.ids[last]


def test_what_users_did_takes_no_more_room_once_each_is_at_the_bound():
    state = MemoryState(FixedClock(NOW), acts_per_user=20, max_users=5)
    for turn in range(100):
        user = f"u{turn % 5}" if turn % 10 else "a stranger"  # who takes the place of another
        state.apply([event(user, f"i{n}", age=1000 - 10 * turn - n) for n in range(10)], turn + 1)
        assert len(state._pages) <= 5 * 4
    assert len(state.users(k=9)) == 5 and len(state.history("u4")) == 20
