"""Tests of fine-tuning need torch; tiny models stand for the real one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the extra [train]: make test-train")
sys.path.insert(0, str(Path(__file__).parent))  # for `import tiny`


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """For the whole session: models that a module shares are made before what belongs to a single test."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
