"""The Store: catalogue, events, rankings, and the numbered feed of their changes.

`open_store` takes a path or a database URL. `MemoryStore` is the same in a dictionary: test double and oracle.
"""

from zhanggui.data.store.memory import MemoryStore
from zhanggui.data.store.opening import open_store
from zhanggui.data.store.sql import SqlStore

__all__ = ["MemoryStore", "SqlStore", "open_store"]
