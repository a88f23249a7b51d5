"""Intervals cover what they should; comparisons see planted differences and only those."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhanggui.evaluation import bootstrap
from zhanggui.evaluation.bootstrap import interval, paired
from zhanggui.evaluation.rows import row


def test_interval_has_the_width_that_theory_gives():
    values = np.random.default_rng(3).normal(5, 2, 400)
    low, high = interval(values, samples=4000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_interval_is_seeded_and_bounded_blocks_do_not_change_its_meaning(monkeypatch):
    values = np.random.default_rng(1).random(100)
    whole = interval(values, seed=4)
    assert interval(values, seed=4) == whole != interval(values, seed=5)
    monkeypatch.setattr(bootstrap, "_CELLS", 1_000)
    assert interval(values, seed=4) == pytest.approx(whole)


def test_a_planted_difference_is_seen_and_noise_is_not():
    random = np.random.default_rng(0)
    base = random.random(2_000)
    better = paired(base + 0.02 + random.normal(0, 0.1, 2_000), base)
    same = paired(base + random.normal(0, 0.1, 2_000), base)
    assert better.significant and better.p < 0.01 and better.low < 0.02 < better.high + 0.01
    assert not same.significant and same.p > 0.05


def test_identical_systems_and_no_users():
    assert paired(np.ones(5), np.ones(5)).p == 1
    assert interval(np.zeros(0)) == (0, 0) and paired(np.zeros(0), np.zeros(0)).difference == 0


@given(arrays(float, st.integers(1, 30), elements=st.floats(0, 1)))
def test_bounds_stay_within_the_values(values):
    low, high = interval(values, samples=50)
    assert values.min() - 1e-12 <= low <= high <= values.max() + 1e-12


def test_row_has_the_form_of_the_contract():
    line = row("knn", {"hr@2": np.array([0.0, 1.0])}, shipped=True).as_json()
    assert line["metrics"] == {"hr@2": 0.5} and line["low"]["hr@2"] < 0.5 < line["high"]["hr@2"]
    assert set(line) == {"system", "shipped", "metrics", "low", "high"} and line["shipped"] is True
