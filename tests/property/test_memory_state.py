"""The online state against a dictionary of lists, over arbitrary sequences of events."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, HOUR
from zhanggui.core.protocols import Act
from zhanggui.state.checks import NOW, event, log_of
from zhanggui.state.interest import INTEREST, REMEMBERED
from zhanggui.state.memory import MemoryState
from zhanggui.state.snapshot import read_snapshot, write_snapshot

KINDS = sorted(REMEMBERED)
EVENTS = st.lists(
    st.builds(
        lambda user, item, kind, age: event(user, item, kind=kind, age=age),
        st.sampled_from("abc"),
        st.sampled_from("wxyz"),
        st.sampled_from(KINDS),
        st.integers(0, 40).map(lambda n: n * 6 * HOUR),
    ),
    max_size=40,
)


def plain(events):
    acts = defaultdict(list)
    for e in events:
        acts[e.user_id].append(Act(e.item_id, e.type, e.time))
    return {user: tuple(sorted(own, key=lambda act: act.time)) for user, own in acts.items()}


def shoppers(events):
    users = defaultdict(set)
    for e in events:
        if INTEREST.get(e.type):
            users[e.item_id].add(e.user_id)
    return {item: len(who) for item, who in users.items()}


@given(EVENTS, st.integers(0, 40))
def test_like_a_dictionary_however_it_was_filled(events, cut):
    state = MemoryState(FixedClock(NOW))
    state.load(log_of(events[:cut]), len(events[:cut]))
    state.apply(events[cut:], len(events) + 1)
    assert {user: state.history(user) for user in state.users(k=9)} == plain(events)
    assert dict(state.popular(k=9)) == shoppers(events)


@given(EVENTS)
def test_forward_decay_equals_the_plain_sum(events):
    state = MemoryState(FixedClock(NOW), half_life=3 * DAY)
    state.apply(events, 1)
    expected = defaultdict(float)
    for e in events:
        expected[e.item_id] += INTEREST.get(e.type, 0) * 0.5 ** ((NOW - e.time) / (3 * DAY))
    recent = dict(zip(state._counters.names, state._counters.recent(NOW), strict=True))
    assert recent == pytest.approx(expected)


@given(events=EVENTS, cut=st.integers(0, 40))
def test_a_snapshot_changes_nothing(tmp_path_factory, events, cut):
    path = tmp_path_factory.mktemp("state") / "state.npz"
    state, again = MemoryState(FixedClock(NOW)), MemoryState(FixedClock(NOW))
    state.load(log_of(events[:cut]), 5)
    state.apply(events[cut : cut + 5], 9)
    write_snapshot(state.memory(), path)
    again.recall(read_snapshot(path))
    for one in (state, again):
        one.apply(events[cut + 5 :], 20)
    assert again.position == state.position and again.users(k=9) == state.users(k=9)
    assert all(again.history(user) == state.history(user) for user in state.users(k=9))
    assert dict(again.trending(k=9)) == pytest.approx(dict(state.trending(k=9)))
    assert again.popular(k=9) == state.popular(k=9)


@given(EVENTS, st.integers(1, 4), st.integers(1, 3))
def test_bounds_hold_and_the_latest_stay(events, acts, users):
    state = MemoryState(FixedClock(NOW), acts_per_user=acts, max_users=users)
    state.apply(events, 1)
    latest = list(dict.fromkeys(e.user_id for e in reversed(events)))[:users]
    assert sorted(state.users(k=9)) == sorted(latest)
    assert all(len(state.history(user)) <= acts for user in latest)


def test_views_of_the_kinds_are_complete():
    assert set(INTEREST) <= REMEMBERED and EventType.IMPRESSION not in REMEMBERED
