"""What is drawn of many numbers: precision and recall at thresholds, counts in bins, two directions of many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.training.tracking.protocol import Figures, Truths

BINS = 40


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """A curve from the strictest threshold to the laxest: both (m,), and the area under its steps."""

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    average: float


def precision_recall(labels: Truths, scores: Figures) -> PrecisionRecall:
    """Return one point a distinct score; equal scores are taken together.

    The average is the sum of precision times the gain of recall (Manning et al., Introduction to Information Retrieval,
    8.4), without interpolation; 0.0 where no label is true.

    >>> found = precision_recall(np.array([1, 0, 1]), np.array([0.9, 0.5, 0.1]))
    >>> found.recall.tolist(), round(found.average, 4)
    ([0.5, 0.5, 1.0], 0.8333)
    """
    if not len(scores):
        return PrecisionRecall(np.zeros(0), np.zeros(0), 0.0)
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(labels[order].astype(bool))
    ends = np.append(np.nonzero(np.diff(sorted_scores))[0], len(scores) - 1)
    recall = hits[ends] / max(int(hits[-1]), 1)
    precision = hits[ends] / (ends + 1.0)
    return PrecisionRecall(recall, precision, float(np.sum(np.diff(recall, prepend=0.0) * precision)))


def counted(values: Figures) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts (40,) and edges (41,) of what is finite; of nothing: no bins."""
    finite = np.asarray(values, np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return np.zeros(0, np.int64), np.zeros(0)
    low, high = float(finite.min()), float(finite.max())
    if (np.diff(np.linspace(low, high, BINS + 1)) <= 0).any():  # one value, or too close for so many bins
        around = max(0.5, 1e-6 * max(abs(low), abs(high)))
        low, high = low - around, high + around
    counts, edges = np.histogram(finite, BINS, (low, high))
    return counts.astype(np.int64), edges


def flattened(vectors: Figures) -> tuple[NDArray[np.float64], float]:
    """Return the two directions in which vectors (n, d) differ most, (n, 2), and their share of the variance.

    Principal components by SVD of the centred vectors; each direction's largest loading is positive, so that the
    picture of the same vectors is the same picture.
    """
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    left, strength, right = np.linalg.svd(centred, full_matrices=False)
    kept = min(2, len(strength))
    signs = np.sign(right[np.arange(kept), np.abs(right[:kept]).argmax(axis=1)])
    flat = np.zeros((len(centred), 2))
    flat[:, :kept] = left[:, :kept] * (strength[:kept] * signs)
    total = float(np.sum(strength**2))
    return flat, float(np.sum(strength[:kept] ** 2)) / total if total else 1.0
