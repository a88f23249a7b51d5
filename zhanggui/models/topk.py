"""The first k items of score rows, with items that may not be shown left out; ties by item row."""

import numpy as np

from zhanggui.core.interactions import Floats, Histories, Ints
from zhanggui.evaluation.topk import topk

__all__ = ["exclude", "rows_of", "topk"]


def rows_of(histories: Histories) -> Ints:
    """Return for every event the number of its history, shape (n,)."""
    return np.repeat(np.arange(len(histories), dtype=np.int32), np.diff(histories.starts))


def exclude(scores: Floats, rows: Ints, items: Ints) -> Floats:
    """Set `scores[rows, items]` to -inf, in place, and return the scores; items below 0 are ignored."""
    known = items >= 0
    scores[rows[known], items[known]] = -np.inf
    return scores
