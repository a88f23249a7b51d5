"""Every registered recommender passes the checks shipped for plug-in authors; the checks see planted faults."""

import numpy as np
import pytest

from zhanggui.models.checks import checks
from zhanggui.models.popularity import Popularity
from zhanggui.models.registry import MODELS

CHECKS = list(checks())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", list(MODELS))
def test_keeps_the_contract(name, check):
    check(lambda: MODELS.make(name))


class Eager(Popularity):
    def score(self, histories):
        return np.zeros((len(histories), 6), np.float64)


class Forgetful(Popularity):
    def fit(self, log):
        before = getattr(self, "counts_", None)
        super().fit(log)
        if before is not None:
            self.counts_ = self.counts_ + 1
        return self


class Dependent(Popularity):
    def score(self, histories):
        return super().score(histories) * len(histories)


class Storyteller(Popularity):
    def because(self, history, item):
        return [(5, 1.0)]


@pytest.mark.parametrize("faulty", [Eager, Forgetful, Dependent, Storyteller])
def test_checks_see_planted_faults(faulty):
    faults = []
    for check in CHECKS:
        try:
            check(faulty)
        except AssertionError as fault:
            faults.append(str(fault))
    assert faults
