"""The catalogue as a projection: words in tantivy, columns and vectors in arrays, one immutable state for readers."""

from zhanggui.retrieval.index.tantivy_index import TantivyIndex

__all__ = ["TantivyIndex"]
