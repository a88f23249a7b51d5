"""The catalogue as a projection: words in tantivy, columns and vectors in arrays, one immutable state for readers."""

from zhanggui.retrieval.index.memory_index import MemoryIndex
from zhanggui.retrieval.index.tantivy_index import TantivyIndex

__all__ = ["MemoryIndex", "TantivyIndex"]
