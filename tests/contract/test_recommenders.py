"""Every registered recommender, and their blend, passes the checks shipped for plug-in authors; planted faults show."""

import numpy as np
import pytest

from zhanggui.core.ids import ItemId
from zhanggui.models.blend import Blend, Page
from zhanggui.models.checks import SHELF, checks
from zhanggui.models.popularity import Popularity
from zhanggui.models.registry import MODELS
from zhanggui.models.taste import Taste

CHECKS = list(checks())
CATEGORIES = {ItemId(name): ("drinks",) if name in ("tea", "milk") else ("food",) for name in SHELF}


def blend():
    return Blend([MODELS.make(name) for name in ("knn", "popularity", "habit")])


def blend_for_new_items():
    weights = {Page.ALL: {"knn": 1.0}, Page.NEW: {"knn": -0.2, "popularity": 0.5, "habit": 1.0}}
    return Blend(blend().members, weights=weights, page=Page.NEW)


MAKERS = {
    **{name: lambda name=name: MODELS.make(name) for name in MODELS},
    "taste with categories": lambda: Taste(categories=CATEGORIES),
    "blend": blend,
    "blend for new items": blend_for_new_items,
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_keeps_the_contract(make, check):
    check(make)


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


class Amnesiac(Popularity):
    @classmethod
    def load(cls, path):
        model = super().load(path)
        model.counts_ = model.counts_ * 2
        return model


FAULTS = {Eager: "float64", Forgetful: "forget", Dependent: "batch", Storyteller: "evidence", Amnesiac: "loaded"}


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda faulty: faulty.__name__)
def test_checks_see_planted_faults(faulty):
    faults = []
    for check in CHECKS:
        try:
            check(faulty)
        except AssertionError as fault:
            faults.append(str(fault))
    assert any(FAULTS[faulty] in fault for fault in faults), faults
