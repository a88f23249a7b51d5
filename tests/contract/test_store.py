"""Every Store keeps the contract: memory, SQLite and a real PostgreSQL."""

import itertools

import pytest

from zhanggui.data.store import MemoryStore, open_store
from zhanggui.data.store.checks import store_checks


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make(request, tmp_path):
    numbers = itertools.count()
    if request.param == "memory":
        return MemoryStore
    if request.param == "sqlite":
        return lambda: open_store(tmp_path / f"{next(numbers)}.db")
    cluster = request.getfixturevalue("postgres")
    return lambda: open_store(cluster.database())


@pytest.mark.parametrize("check", list(store_checks()), ids=lambda check: check.__name__)
def test_store(make, check):
    check(make)
