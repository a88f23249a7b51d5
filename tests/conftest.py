"""Shared fixtures: the development data, where there is some."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def dev_data() -> Path:
    folder = os.environ.get("ZHANGGUI_DEV_DATA", "")
    if not folder:
        pytest.skip("ZHANGGUI_DEV_DATA is not set: no development data here")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"ZHANGGUI_DEV_DATA={folder!r} is not a folder")
    return path
