import itertools
import os

import pytest
from sqlalchemy import MetaData, create_engine

from zhanggui.data.store import MemoryStore, open_store
from zhanggui.data.store.checks import store_checks

POSTGRES = "ZHANGGUI_TEST_POSTGRES"
"""URL of an empty PostgreSQL database that the tests may wipe, such as postgresql+psycopg://localhost/test."""


@pytest.fixture(params=["memory", "sqlite", *(["postgresql"] if POSTGRES in os.environ else [])])
def make(request, tmp_path):
    numbers = itertools.count()
    places = {
        "memory": MemoryStore,
        "sqlite": lambda: open_store(tmp_path / f"{next(numbers)}.db"),
        "postgresql": lambda: open_store(wiped(os.environ[POSTGRES])),
    }
    return places[request.param]


def wiped(url):
    engine, found = create_engine(url), MetaData()
    found.reflect(engine)
    found.drop_all(engine)
    engine.dispose()
    return url


@pytest.mark.parametrize("check", list(store_checks()), ids=lambda check: check.__name__)
def test_store(make, check):
    check(make)
