"""Popularity, frequency, habits, factors and taste: planted right answers."""

import numpy as np
import pytest

from zhanggui.core.event import EventType as T
from zhanggui.core.ids import DAY, ItemId
from zhanggui.core.interactions import Histories
from zhanggui.models.factors import Factors
from zhanggui.models.frequency import PersonalFrequency
from zhanggui.models.habit import Habit
from zhanggui.models.popularity import Popularity
from zhanggui.models.taste import Taste


def bought(*pairs):
    items, days = zip(*pairs, strict=True)
    return Histories.of(items, times=[day * DAY for day in days], types=[T.PURCHASE.code] * len(items))


def test_popularity_counts_by_weight_and_fades(log_of):
    log = log_of([("u", 0, "a"), ("v", 10, "a", T.VIEW), ("v", 10, "b"), ("w", 10, "c", T.DISLIKE)])
    plain = Popularity().fit(log).counts_
    faded = Popularity(half_life_days=10).fit(log).counts_
    assert plain == pytest.approx([1.2, 1.0, -np.inf]) and faded == pytest.approx([0.5 + 0.2, 1.0, -np.inf])


def test_frequency_halves_with_its_half_life(log_of):
    model = PersonalFrequency(half_life_days=10).fit(log_of([("u", 0, "a"), ("u", 0, "b")]))
    assert model.score(bought((0, 0), (0, 10), (1, 20)))[0] == pytest.approx([1 / 4 + 1 / 2, 1])
    assert model.times(bought((0, 0), (0, 10)), 0) == 2


def test_frequency_forgets_what_was_returned(log_of):
    model = PersonalFrequency().fit(log_of([("u", 0, "a"), ("u", 0, "b")]))
    returned = Histories.of([0, 0, 1], times=[1, 1, 1], types=[T.PURCHASE.code, T.RETURN.code, T.PURCHASE.code])
    assert model.score(returned)[0].tolist() == [-np.inf, 1.0]


@pytest.fixture(scope="module")
def grocer(log_of):
    """Everyone buys milk every week, and each buys a pan and a lamp once."""
    lines = []
    for number in range(30):
        user = f"u{number}"
        lines += [(user, day + number % 7, "milk") for day in range(0, 140, 7)]
        lines += [(user, 3 * number, "pan"), (user, 130 - 3 * number, "lamp")]
    return log_of(lines)


def test_habit_learns_that_milk_is_bought_again_and_pans_are_not(grocer):
    row = grocer.items.row
    model = Habit(window_days=14).fit(grocer)
    scores = model.score(bought((row("pan"), 100), (row("milk"), 100)))[0]
    assert scores[row("milk")] > 2 * scores[row("pan")] > 0
    assert scores[row("lamp")] == -np.inf
    assert model.because(bought((row("pan"), 1)), row("pan")) == [(row("pan"), 1.0)]


def test_habit_chances_are_calibrated(grocer):
    """Nearly everyone's milk came back within the hidden fortnight; so the chances must say."""
    model = Habit(window_days=14).fit(grocer)
    chances = model.score(grocer.histories())
    assert chances[:, grocer.items.row("milk")].mean() > 0.9
    assert chances[:, grocer.items.row("pan")].mean() < 0.1


def test_habit_of_a_short_log_counts(log_of):
    log = log_of([("u", 0, "a"), ("u", 1, "a"), ("u", 1, "b")])
    scores = Habit().fit(log).score(log.histories())[0]
    assert scores[0] > scores[1] > 0


def communities(log_of):
    lines = []
    for number in range(40):
        group = "abcd" if number % 2 else "wxyz"
        lines += [(f"u{number}", 0, item) for at, item in enumerate(group) if at != number // 2 % 4]
    return log_of(lines)


def test_factors_see_communities(log_of):
    log = communities(log_of)
    scores = Factors(rank=2).fit(log).score(bought((log.items.row("a"), 0)))[0]
    assert scores[[log.items.row(i) for i in "bcd"]].min() > 10 * abs(scores[[log.items.row(i) for i in "wxyz"]]).max()


def test_factors_are_those_of_the_full_decomposition(log_of):
    log = communities(log_of)
    table = np.zeros((len(log.users), len(log.items)))
    table[log.user, log.item] = 1
    _, _, right = np.linalg.svd(table * Factors(damping=0.25).fit(log).scale_)
    ours = Factors(rank=2).fit(log).vectors_
    assert ours @ ours.T == pytest.approx(right[:2].T @ right[:2], abs=1e-4)


def test_taste_weighs_the_category_by_its_share(log_of):
    paths = {"tea": ("food", "tea"), "mate": ("food", "tea"), "soap": ("home",)}
    categories = {ItemId(name): path for name, path in paths.items()}
    log = log_of([("u", 0, "tea"), ("v", 0, "tea"), ("v", 0, "mate"), ("w", 0, "soap"), ("w", 0, "odd")])
    row = log.items.row
    model = Taste(categories=categories, prior=2).fit(log)
    scores = model.score(bought((row("mate"), 0)))[0]
    assert scores[row("tea")] == pytest.approx(1 * 2 / (3 + 2)) and scores[row("mate")] == pytest.approx(1 / (3 + 2))
    assert scores[row("soap")] == scores[row("odd")] == -np.inf
    assert model.because(bought((row("mate"), 0)), row("tea")) == [(row("mate"), 1.0)]
