import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.errors import InputError
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY
from zhanggui.data.splits import leave_one_out, time_split
from zhanggui.data.store import MemoryStore

BUY, VIEW = EventType.PURCHASE, EventType.VIEW


def log_of(*acts):
    store = MemoryStore()
    store.put_events(Event(str(n), user, type_, time, item) for n, (user, item, time, type_) in enumerate(acts))
    return store.interactions()


def told(split, histories):
    names = [*split.train.items.ids, None]
    bounds = zip(histories.starts, histories.starts[1:], strict=False)
    rows = [[names[i] for i in histories.item[start:end]] for start, end in bounds]
    return dict(zip(split.users, rows, strict=True))


def trained(split):
    rows = zip(split.train.user, split.train.item, strict=True)
    return [(split.train.users.ids[user], split.train.items.ids[item]) for user, item in rows]


LOG = log_of(
    ("ann", "d", 4, VIEW),
    ("ann", "a", 1, VIEW),
    ("ann", "b", 2, VIEW),
    ("ann", "c", 2, VIEW),  # a tie: stays after b
    ("bob", "a", 1, VIEW),
    ("bob", "b", 2, VIEW),
    ("eve", "b", 1, VIEW),
    ("eve", "a", 2, VIEW),
    ("eve", "new", 3, VIEW),
)


def test_leave_one_out_by_hand():
    split = leave_one_out(LOG)
    assert split.users == ("ann", "eve")
    assert told(split, split.histories) == {"ann": ["a", "b", "c"], "eve": ["b", "a"]}
    assert trained(split) == [("ann", "a"), ("ann", "b"), ("bob", "a"), ("bob", "b"), ("eve", "b")]


def test_leave_one_out_counts_what_training_never_saw_as_unknown():
    assert leave_one_out(LOG).targets.item.tolist() == [-1, -1]
    split = leave_one_out(LOG, stage="valid")
    assert told(split, split.targets) == {"ann": [None], "eve": ["a"]}


def test_leave_one_out_chooses_by_the_last_but_one():
    split = leave_one_out(LOG, stage="valid")
    assert told(split, split.histories) == {"ann": ["a", "b"], "eve": ["b"]}
    assert trained(split) == trained(leave_one_out(LOG))
    assert "2 users" in split.note and "1 with fewer" in split.note


@given(st.lists(st.tuples(st.sampled_from("uvw"), st.sampled_from("abcdef"), st.integers(0, 9)), max_size=40))
def test_leave_one_out_is_what_its_definition_says(acts):
    log = log_of(*((user, item, time, VIEW) for user, item, time in acts))
    sequences = {}
    for user, item, _ in sorted(acts, key=lambda act: act[2]):
        sequences.setdefault(user, []).append(item)
    for stage, hidden in (("test", 1), ("valid", 2)):
        split = leave_one_out(log, stage=stage)
        asked = {user: s for user, s in sorted(sequences.items()) if len(s) >= 3}
        assert split.users == tuple(asked)
        assert told(split, split.histories) == {user: s[:-hidden] for user, s in asked.items()}
        learnt = [(u, i) for u, s in sorted(sequences.items()) for i in (s[:-2] if len(s) >= 3 else s)]
        assert trained(split) == learnt
        known = {item for _, item in learnt}
        expected = {user: [s[-hidden] if s[-hidden] in known else None] for user, s in asked.items()}
        assert told(split, split.targets) == expected


WEEKS = log_of(
    ("ann", "a", 0, BUY),
    ("ann", "b", 7 * DAY - 1, VIEW),
    ("ann", "c", 7 * DAY, BUY),  # the first moment of the window
    ("ann", "a", 8 * DAY, BUY),
    ("ann", "a", 9 * DAY, BUY),  # again: one target
    ("ann", "b", 9 * DAY, VIEW),  # not bought
    ("ann", "b", 14 * DAY, BUY),  # after the window
    ("new", "b", 10 * DAY, BUY),
    ("old", "b", 1 * DAY, BUY),
)


def test_time_split_by_hand():
    split = time_split(WEEKS, cut=7 * DAY, days=7)
    assert split.users == ("ann", "new")
    assert told(split, split.histories) == {"ann": ["a", "b"], "new": []}
    assert told(split, split.targets) == {"ann": [None, "a"], "new": ["b"]}
    assert trained(split) == [("ann", "a"), ("ann", "b"), ("old", "b")]
    assert "1 of them without a history" in split.note


def test_time_split_is_tuned_on_the_window_before():
    split = time_split(WEEKS, cut=14 * DAY, days=7, stage="valid")
    assert told(split, split.targets) == told(split, time_split(WEEKS, cut=7 * DAY, days=7).targets)
    assert np.all(split.train.time < 7 * DAY)


@pytest.mark.parametrize(("cut", "days", "fact"), [(0, 7, "before"), (20 * DAY, 7, "bought"), (DAY, 0, "1 or more")])
def test_a_cut_without_two_sides_is_refused(cut, days, fact):
    with pytest.raises(InputError, match=fact):
        time_split(WEEKS, cut=cut, days=days)
