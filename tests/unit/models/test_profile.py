"""Histories as sparse rows: strengths, fading, cuts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.event import EventType as T
from zhanggui.core.interactions import Histories
from zhanggui.models.profile import age, fading, latest, profile, steps_back
from zhanggui.models.weights import WEIGHTS, unit, weight


def history(*pairs, times=()):
    return Histories.of([item for item, _ in pairs], times=times, types=[kind.code for _, kind in pairs])


def test_every_type_of_event_has_a_weight():
    assert set(WEIGHTS) == set(T)
    assert WEIGHTS[T.PURCHASE] > WEIGHTS[T.CART] > WEIGHTS[T.VIEW] > 0 > WEIGHTS[T.DISLIKE]


def test_strengths_add_up_within_one():
    row = profile(history((0, T.VIEW), (0, T.VIEW), (1, T.PURCHASE), (1, T.PURCHASE)), 3).toarray()
    assert row == pytest.approx(np.array([[0.4, 1.0, 0.0]]))


def test_what_was_undone_is_left_out():
    undone = history((0, T.PURCHASE), (0, T.RETURN), (1, T.PURCHASE), (1, T.DISLIKE), (2, T.CART), (-1, T.PURCHASE))
    assert profile(undone, 3).toarray() == pytest.approx(np.array([[0, 0, 0.5]]))


def test_a_view_is_one_where_nothing_but_views_is_known():
    views = history((0, T.VIEW))
    assert profile(views, 1, unit=unit(views.type)).toarray() == pytest.approx(np.array([[1.0]]))
    assert unit(np.array([T.SEARCH.code], np.uint8)) == 1 and unit(np.zeros(0, np.uint8)) == 1


def test_fading_follows_the_last_event_of_an_item_and_baskets_are_one_step():
    baskets = history((0, T.PURCHASE), (1, T.PURCHASE), (0, T.PURCHASE), (2, T.PURCHASE), times=[1, 1, 5, 9])
    assert steps_back(baskets).tolist() == [2, 2, 1, 0]
    assert profile(baskets, 3, fade=fading(baskets, 0.5)).toarray() == pytest.approx(np.array([[0.5, 0.25, 1.0]]))
    assert fading(baskets, 1.0) is None


lengths = st.lists(st.integers(0, 5), max_size=6)


@given(lengths, st.integers(1, 4), st.randoms(use_true_random=False))
def test_helpers_agree_with_a_loop(sizes, most, random):
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    times = np.array([t for size in sizes for t in sorted(random.choices(range(4), k=size))], np.int64)
    batch = Histories(starts, np.arange(len(times), dtype=np.int32), times, np.zeros(len(times), np.uint8))
    steps, ages, kept = [], [], []
    for first, last in zip(starts[:-1], starts[1:], strict=True):
        own = times[first:last]
        steps += [len({t for t in own if t > time}) for time in own]
        ages += [own[-1] - time for time in own]
        kept += list(range(first, last))[-most:]
    assert steps_back(batch).tolist() == steps and age(batch).tolist() == ages
    assert latest(batch, most=most).item.tolist() == kept
    assert weight(batch.type).tolist() == pytest.approx([WEIGHTS[T.VIEW]] * len(times))
