"""Two scores for each match, words and meaning, become one.

Every way to fuse takes `lexical` and `dense`, each of shape (n,), NaN where that side is silent, and returns (n,),
higher is better. `lexical` is BM25 as a share of what a perfect match would get: about 0 to 1 whatever the query.
`dense` is a cosine. A product without words in common scores 0 there; one without a vector is taken to be as near as
the others are on average, so that a product whose vector is still being made is neither lost nor favoured.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from zhanggui.core.interactions import Floats

Fuse = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Fusion:
    """The way that is served: a weighted mean of coverage by words and of nearness in units of ten spreads.

    `weight` is that of words, 0 to 1. `spread` is the usual standard deviation of one query's cosines over a whole
    catalogue, a property of the encoder (0.0115 for multilingual-e5-small). Dividing by a constant instead of each
    query's own deviation makes the score of a product independent of what else matched.

    >>> Fusion(weight=0.5, spread=0.01)(np.array([1.0, np.nan], np.float32), np.array([0.85, 0.9], np.float32)).round(2)
    array([0.25, 0.  ], dtype=float32)
    """

    weight: float = 0.6
    spread: float = 0.0115

    def __call__(self, lexical: Floats, dense: Floats) -> Floats:
        """Fuse one query's matches."""
        cosine = _known(dense)
        nearness = (cosine - cosine.max(initial=-1.0)) / (10 * self.spread)
        return _single(self.weight * _heard(lexical) + (1 - self.weight) * nearness)


DEFAULT = Fusion()
"""What is served where nothing was fitted."""


BY_TOKENS = 20
"""How many of the best are ordered by their tokens, too."""


def with_tokens(fused: Floats, met: Floats, query: str) -> Floats:
    """Add to fused scores (n,) how well the tokens of the query are met: (n,) cosines, NaN where nobody has read it.

    A Chinese query's tokens are words, and each must be met; an English one is cut into pieces and met more by chance.
    What nobody has read is taken to be met as well as the others on average.

    >>> scores = np.array([0.5, 0.5, 0.5], np.float32), np.array([0.75, 0.25, np.nan], np.float32)
    >>> with_tokens(*scores, "雨伞").tolist(), with_tokens(*scores, "umbrella").tolist()
    ([2.75, 1.25, 2.0], [1.25, 0.75, 1.0])
    """
    known = met[~np.isnan(met)]
    usual = float(known.mean()) if len(known) else 0.0
    return _single(fused + (_HAN if _CHINESE.search(query) else _OTHERS) * np.nan_to_num(met, nan=usual))


_HAN, _OTHERS = 3.0, 1.0
"""What a cosine of tokens counts (docs/decisions/0009)."""
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def words_only(lexical: Floats, dense: Floats) -> Floats:
    """Order by words, and by meaning what words do not find."""
    return _single(np.where(np.isnan(lexical), _known(dense) - 2, lexical))


def meaning_only(lexical: Floats, dense: Floats) -> Floats:
    """Order by meaning, and by words what has no vector."""
    return _single(np.where(np.isnan(dense), _heard(lexical) - 2 - np.nanmax(lexical, initial=1.0), dense))


def reciprocal_rank(lexical: Floats, dense: Floats, *, k: int = 60) -> Floats:
    """Sum 1 / (k + rank) over both sides, ranks from one; a silent side gives nothing.

    Cormack, Clarke and Büttcher (SIGIR 2009).
    """
    return _single(_reciprocal(lexical, k) + _reciprocal(dense, k))


def weighted_reciprocal_rank(lexical: Floats, dense: Floats, *, weight: float = 0.5, k: int = 20) -> Floats:
    """Sum weight / (k + rank) of words and (1 - weight) / (k + rank) of meaning."""
    return _single(weight * _reciprocal(lexical, k) + (1 - weight) * _reciprocal(dense, k))


def standardised(lexical: Floats, dense: Floats, *, weight: float = 0.6) -> Floats:
    """Weigh BM25 by its highest, and a tenth of the cosines' standard score among the matches."""
    cosine = _known(dense)
    score = (cosine - cosine.mean()) / max(float(cosine.std()), 1e-6) if len(cosine) else cosine
    heard = _heard(lexical)
    return _single(weight * heard / max(float(heard.max(initial=0.0)), 1e-6) + (1 - weight) * score / 10)


def stretched(lexical: Floats, dense: Floats, *, weight: float = 0.6) -> Floats:
    """Weigh both sides after stretching each to 0 … 1 over the matches (min-max; Lee, SIGIR 1997)."""
    return _single(weight * _stretch(_heard(lexical)) + (1 - weight) * _stretch(_known(dense)))


FUSIONS: Mapping[str, Fuse] = {
    "fusion": DEFAULT,
    "fusion: standardised": standardised,
    "fusion: stretched": stretched,
    "fusion: reciprocal ranks": reciprocal_rank,
    "fusion: weighted reciprocal ranks": weighted_reciprocal_rank,
}
"""Every way that a table of search compares, with its default weight."""


def _heard(lexical: Floats) -> Floats:
    return np.nan_to_num(lexical, nan=0.0)


def _known(dense: Floats) -> Floats:
    known = dense[~np.isnan(dense)]
    return np.where(np.isnan(dense), known.mean() if len(known) else 0.0, dense)


def _reciprocal(scores: Floats, k: int) -> Floats:
    """Return 1 / (k + rank), equal scores sharing the best rank; 0 where silent."""
    known = np.sort(-scores[~np.isnan(scores)])
    ranks = 1 + np.searchsorted(known, -scores, side="left")
    return np.where(np.isnan(scores), 0.0, 1 / (k + ranks))


def _stretch(scores: Floats) -> Floats:
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def _single(scores: Floats) -> Floats:
    return np.asarray(scores, np.float32)
