import itertools

import pytest

from zhanggui.data.store import MemoryStore, open_store
from zhanggui.data.store.checks import store_checks


@pytest.fixture(params=["memory", "sqlite"])
def make(request, tmp_path):
    numbers = itertools.count()
    return MemoryStore if request.param == "memory" else lambda: open_store(tmp_path / f"{next(numbers)}.db")


@pytest.mark.parametrize("check", list(store_checks()), ids=lambda check: check.__name__)
def test_store(make, check):
    check(make)
