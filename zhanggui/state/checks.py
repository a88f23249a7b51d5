"""What every online state promises; authors of other back ends run the same checks.

A check gets a factory that makes an empty state around a clock.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from zhanggui.core.clock import Clock, FixedClock
from zhanggui.core.erasure import Erasure, digest_of
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY, HOUR, EventId, ItemId, Millis, UserId
from zhanggui.core.interactions import Interactions, Vocabulary
from zhanggui.core.protocols import OnlineState

Make = Callable[[Clock], OnlineState]
Check = Callable[[Make], None]

NOW = Millis(1_500_000_000_000)
_KINDS = (EventType.VIEW, EventType.PURCHASE, EventType.DISLIKE, EventType.CART)


def online_state_checks() -> Iterator[Check]:
    """Yield every check, to be parametrised over."""
    yield check_starts_empty
    yield check_history_is_in_time_order
    yield check_searches_and_impressions_are_no_acts
    yield check_future_is_left_out
    yield check_known_position_changes_nothing
    yield check_load_equals_apply
    yield check_load_replaces
    yield check_what_is_new_rises
    yield check_interest_fades
    yield check_shoppers_count_once
    yield check_most_active_users_first
    yield check_an_erased_user_never_was
    yield check_what_is_old_is_forgotten


def event(user: str, item: str, *, kind: EventType = EventType.CLICK, age: int = 0) -> Event:
    """Return an act that happened `age` milliseconds before `NOW`."""
    name = EventId(f"{user}/{item}/{kind}/{age}")
    return Event(name, UserId(user), kind, Millis(NOW - age), ItemId(item))


def log_of(events: Sequence[Event]) -> Interactions:
    """Return events as a log, sorted as `Interactions` promises."""
    users = Vocabulary(sorted({e.user_id for e in events}))
    items = Vocabulary(sorted({e.item_id for e in events}))
    ordered = sorted(events, key=lambda e: (e.user_id, e.time))
    return Interactions(
        users,
        items,
        users.rows(e.user_id for e in ordered),
        items.rows(e.item_id for e in ordered),
        np.array([e.time for e in ordered], np.int64),
        np.array([e.type.code for e in ordered], np.uint8),
        np.full(len(ordered), -1, np.int64),
    )


def check_starts_empty(make: Make) -> None:
    state = make(FixedClock(NOW))
    assert state.position == 0 and not state.history(UserId("ann")) and not state.users(k=5)
    assert not state.trending(k=5) and not state.popular(k=5) and state.shoppers([ItemId("tea")]).tolist() == [0]


def check_history_is_in_time_order(make: Make) -> None:
    state = make(FixedClock(NOW))
    state.apply([event("ann", "new", age=1), event("ann", "old", age=9), event("ann", "mid", age=5)], 3)
    assert [act.item for act in state.history(UserId("ann"))] == ["old", "mid", "new"] and state.position == 3


def check_searches_and_impressions_are_no_acts(make: Make) -> None:
    state = make(FixedClock(NOW))
    state.apply([event("ann", "", kind=EventType.SEARCH), event("ann", "tea", kind=EventType.IMPRESSION)], 2)
    assert not state.history(UserId("ann")) and not state.trending(k=5)


def check_future_is_left_out(make: Make) -> None:
    clock = FixedClock(NOW)
    loaded, applied = make(clock), make(clock)
    events = [event("ann", "tea"), event("ann", "tomorrow", age=-DAY)]
    loaded.load(log_of(events), 2)
    applied.apply(events, 2)
    for state in (loaded, applied):
        assert [act.item for act in state.history(UserId("ann"))] == ["tea"]
        assert [item for item, _ in state.trending(k=5)] == ["tea"]


def check_known_position_changes_nothing(make: Make) -> None:
    state = make(FixedClock(NOW))
    for _ in range(2):
        state.apply([event("ann", "tea")], 1)
    assert len(state.history(UserId("ann"))) == 1 and state.shoppers([ItemId("tea")]).tolist() == [1]


def check_load_equals_apply(make: Make) -> None:
    events = [event(f"u{n % 5}", f"i{n * 7 % 11}", kind=_KINDS[n % 4], age=n * HOUR) for n in range(60)]
    loaded, applied = make(FixedClock(NOW)), make(FixedClock(NOW))
    loaded.load(log_of(events), 60)
    applied.apply(events, 60)
    assert loaded.position == applied.position == 60
    assert all(loaded.history(u) == applied.history(u) for u in applied.users(k=9))
    assert loaded.users(k=9) == applied.users(k=9) and loaded.popular(k=20) == applied.popular(k=20)
    ours, theirs = dict(loaded.trending(k=20)), dict(applied.trending(k=20))
    assert ours.keys() == theirs.keys() and all(abs(ours[item] - theirs[item]) < 1e-6 for item in ours)


def check_load_replaces(make: Make) -> None:
    state = make(FixedClock(NOW))
    state.apply([event("ann", "tea")], 7)
    state.load(log_of([event("bob", "mug")]), 3)
    assert state.position == 3 and not state.history(UserId("ann"))
    assert [item for item, _ in state.trending(k=5)] == ["mug"]
    state.apply([event("bob", "cup")], 4)
    assert sorted(act.item for act in state.history(UserId("bob"))) == ["cup", "mug"]


def check_what_is_new_rises(make: Make) -> None:
    state = make(FixedClock(NOW))
    steady = [event(f"u{n}", "milk", age=n * DAY) for n in range(60)]
    fresh = [event(f"v{n}", "ice cream", age=n * HOUR) for n in range(6)]
    state.apply(steady + fresh, 66)
    assert [item for item, _ in state.trending(k=2)] == ["ice cream", "milk"]
    assert state.popular(k=2) == [("milk", 60), ("ice cream", 6)]


def check_interest_fades(make: Make) -> None:
    clock = FixedClock(NOW)
    state = make(clock)
    state.apply([event(f"u{n}", "old") for n in range(9)], 9)
    clock.advance(90 * DAY)
    state.apply([event(f"u{n}", "new", age=-90 * DAY) for n in range(3)], 12)
    assert [item for item, _ in state.trending(k=2)] == ["new", "old"]


def check_shoppers_count_once(make: Make) -> None:
    state = make(FixedClock(NOW))
    acts = [event("ann", "tea", age=age) for age in (3, 2)] + [event("bob", "tea", age=1)]
    state.apply([*acts, event("cat", "tea", kind=EventType.DISLIKE)], 4)
    assert state.shoppers([ItemId("tea"), ItemId("mug")]).tolist() == [2, 0]


def check_most_active_users_first(make: Make) -> None:
    state = make(FixedClock(NOW))
    state.apply([event(user, f"i{n}", age=n) for n, user in enumerate(["cat", "bob", "bob", "ann"])], 4)
    assert state.users(k=2) == ["bob", "ann"]


def check_an_erased_user_never_was(make: Make) -> None:
    state, anew = make(FixedClock(NOW)), make(FixedClock(NOW))
    others = [event("bob", "tea", age=HOUR), event("cat", "mug")]
    state.apply([event("ann", "tea", age=DAY), event("ann", "cup"), *others], 4)
    anew.apply(others, 5)
    assert state.forget([Erasure("00", digest_of("ann", "00"))], 5) and state.position == 5
    assert not state.history(UserId("ann")) and state.users(k=9) == anew.users(k=9)
    assert state.popular(k=9) == anew.popular(k=9)
    ours, theirs = dict(state.trending(k=9)), dict(anew.trending(k=9))
    assert ours.keys() == theirs.keys() and all(abs(ours[item] - theirs[item]) < 1e-6 for item in ours)
    assert not state.forget([Erasure("00")], 6) and state.position == 5  # somebody lost something: load anew


def check_what_is_old_is_forgotten(make: Make) -> None:
    state = make(FixedClock(NOW))
    state.apply([event("ann", "tea", age=DAY), event("ann", "mug", age=HOUR), event("bob", "tea", age=DAY)], 3)
    assert state.forget([Erasure(before=Millis(NOW - HOUR))], 4)
    assert [act.item for act in state.history(UserId("ann"))] == ["mug"] and state.users(k=9) == ["ann"]
    assert state.popular(k=9) == [("mug", 1)] and [item for item, _ in state.trending(k=9)] == ["mug"]
