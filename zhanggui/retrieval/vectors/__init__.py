"""Nearest neighbours in meaning: exact below about 100,000 vectors, a graph above, behind one protocol."""

from zhanggui.retrieval.vectors.building import Policy
from zhanggui.retrieval.vectors.kept import KeptRows
from zhanggui.retrieval.vectors.rows import Asked, VectorRows
from zhanggui.retrieval.vectors.texts import said

__all__ = ["Asked", "KeptRows", "Policy", "VectorRows", "said"]
