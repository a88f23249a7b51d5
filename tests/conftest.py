"""Shared fixtures: the development data, where there is some; a PostgreSQL, where it is installed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Cluster, binaries, running_cluster

settings.register_profile("deep", max_examples=5_000, deadline=None)
"""For `pytest tests/property --hypothesis-profile deep`: minutes instead of seconds; see tests/property/pace.py."""


@pytest.fixture(scope="session")
def dev_data() -> Path:
    folder = os.environ.get("ZHANGGUI_DEV_DATA", "")
    if not folder:
        pytest.skip("ZHANGGUI_DEV_DATA is not set: no development data here")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"ZHANGGUI_DEV_DATA={folder!r} is not a folder")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running PostgreSQL, one for each worker; fast, so not safe against a power cut."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed. Cure: apt-get install postgresql")
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Make places of empty Stores, on each engine."""
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        return cluster.database
    numbers = iter(range(1_000))
    return lambda: str(tmp_path / f"store-{next(numbers)}.db")
