"""What the tests of importing share."""

import pytest

from zhanggui.data.importing import import_events, import_products
from zhanggui.data.store import MemoryStore


@pytest.fixture
def import_set(tmp_path):
    """Write files, import some of them, and return the report and the Store."""

    def call(kind, format, files, *names):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        store = MemoryStore()
        work = import_products if kind == "products" else import_events
        paths = [tmp_path / name for name in names] or [tmp_path]
        return work(store, paths, format=format, rejects=tmp_path / "rejects.jsonl"), store

    return call
