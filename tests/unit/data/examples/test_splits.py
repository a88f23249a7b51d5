import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.errors import ConfigError
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.splits import by_item, by_time, split


def timed(*times):
    return [Pair(f"q{n}", "mug", "mug", PairKind.QUERY, time) for n, time in enumerate(times)]


def titled(*rights):
    return [Pair(f"part {n}", right, str(n), PairKind.TITLE) for n, right in enumerate(rights)]


def times(pairs):
    return [pair.time for pair in pairs]


def test_time_parts_at_the_cuts():
    parts = by_time(timed(4, 1, 3, 2, 5), dev_from=3, test_from=5)
    assert (times(parts.train), times(parts.dev), times(parts.test)) == ([1, 2], [4, 3], [5])


def test_time_refuses_what_has_none_and_cuts_that_cross():
    with pytest.raises(ConfigError, match="1 of 2 pairs have no time"):
        by_time([*timed(1), *titled("tea")], dev_from=1, test_from=2)
    with pytest.raises(ConfigError, match=r"test_from \(1\) lies before dev_from \(2\)"):
        by_time([], dev_from=2, test_from=1)


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0), (0, -0.1), (0.5, 0.5)])
def test_shares_must_leave_some(dev, test):
    with pytest.raises(ConfigError, match=f"Got {dev} and {test}"):
        split([], dev=dev, test=test)


def test_about_the_share_of_items_is_kept_and_stays_where_it_is():
    pairs = titled(*(f"thing {n}" for n in range(4000)))
    parts = by_item(pairs, dev=0.1, test=0.2)
    assert 300 < len(parts.dev) < 500 and 700 < len(parts.test) < 900
    assert by_item(pairs[::2], dev=0.1, test=0.2).test == [pair for pair in parts.test if int(pair.item) % 2 == 0]
    assert by_item(pairs, dev=0.1, test=0.2, seed=1).dev != parts.dev


def test_two_entries_of_one_thing_stand_on_one_side():
    pairs = titled(*(f"{word} {n}" for n in range(200) for word in ("White Mug", "white mug!")))
    parts = by_item(pairs, dev=0.3, test=0.3)
    sides = [{int(pair.item) // 2 for pair in part} for part in (parts.train, parts.dev, parts.test)]
    assert all(sides) and sum(map(len, sides)) == 200


@given(st.lists(st.integers(0, 20)), st.integers(0, 20), st.floats(0, 0.4), st.floats(0, 0.4))
def test_nothing_is_lost_or_told_twice_and_time_only_runs_on(moments, items, dev, test):
    pairs = [*timed(*moments), *titled(*map(str, range(items)))]
    parts = split(pairs, dev=dev, test=test)
    assert sorted([*parts.train, *parts.dev, *parts.test], key=pairs.index) == pairs
    known = [[t for t in times(part) if t is not None] for part in (parts.train, parts.dev, parts.test)]
    for before, after in ((0, 1), (0, 2), (1, 2)):
        assert not known[before] or not known[after] or max(known[before]) < min(known[after])


def test_the_shares_of_behaviour_are_as_asked():
    parts = split(timed(*range(100)), dev=0.1, test=0.2)
    assert (len(parts.train), len(parts.dev), len(parts.test)) == (70, 10, 20)
    assert len(split(timed(*range(100)), dev=0, test=0).train) == 100
