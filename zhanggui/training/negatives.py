"""Hard negatives: passages that look right for a query and are not, from words (BM25) and from meaning (vectors).

Mined negatives train far better than random ones, and far worse once false ones are among them: RocketQA (Qu et al.,
NAACL 2021, section 4.2) found 70% of the top results of BM25 to be unlabelled positives. So whatever may well be right
is masked; see `Masks`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import CatalogueIndex, Encoder
from zhanggui.core.request import Filters
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.words import folded

Negatives = list[tuple[str, ...]]
"""For each pair, in order, the passages that are wrong for it, hardest first; few or none where the masks took them."""

Rights = Mapping[str, frozenset[ItemId]]
"""Folded left text to every item that some pair gives it."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Masks:
    """What is taken for a false negative of a pair, beside what is surely one.

    Surely: the item itself, its group, its passage text, and whatever else the same left text has as a positive.
    `margin`: an item whose cosine to the left lies above that of the positive's less `margin` may be right
    (NV-Retriever, Moreira et al. 2024, section 4, mines below the positive's score; 0.02 fits e5's narrow cosines).
    `share`: so may one whose BM25 score is more than this share of the positive's: it has the words as well.
    `rights`: what is right for each left text, of all pairs where only some of them are given.
    """

    margin: float = 0.02
    share: float = 0.9
    rights: Rights | None = None

    def __post_init__(self) -> None:
        if not self.share > 0:
            raise ConfigError(f"share must be above 0. Got {self.share}.")


def by_words(
    pairs: Sequence[Pair],
    index: CatalogueIndex,
    texts: Texts,
    *,
    count: int,
    depth: int = 100,
    masks: Masks | None = None,
) -> Negatives:
    """Return up to `count` passages a pair that BM25 ranks high: of the first `depth` matches of the left text's words.

    A positive that BM25 does not find among them masks none by its score, as it has none.
    """
    masks = masks or Masks()
    rights = masks.rights or rights_of(pairs)
    found: dict[str, list[tuple[ItemId, float]]] = {}
    negatives: Negatives = []
    for pair in pairs:
        if pair.left not in found:
            found[pair.left] = _matches(index, pair.left, depth)
        ranked = found[pair.left]
        own = dict(ranked).get(pair.item)
        ceiling = np.inf if own is None else own * masks.share
        wrong = [item for item, score in ranked if score <= ceiling and item in texts.passages]
        negatives.append(_passages(wrong, rights[folded(pair.left)], texts, count))
    return negatives


def by_meaning(
    pairs: Sequence[Pair],
    encoder: Encoder,
    items: Sequence[ItemId],
    vectors: Floats,
    texts: Texts,
    *,
    count: int,
    depth: int = 100,
    masks: Masks | None = None,
) -> Negatives:
    """Return up to `count` passages a pair that lie nearest to the left text, of the first `depth` below the margin.

    `vectors` (n, dim) are the encoder's passages of `items`, unit length. A positive that is not among the items is
    encoded anew for its margin.
    """
    if len(items) != len(vectors):
        raise ConfigError(f"{len(items)} items have {len(vectors)} vectors. Give one vector for each item.")
    masks = masks or Masks()
    rights = masks.rights or rights_of(pairs)
    rows = {item: row for row, item in enumerate(items)}
    negatives: Negatives = []
    for first in range(0, len(pairs), _BLOCK):
        some = pairs[first : first + _BLOCK]
        asked = encoder.queries([pair.left for pair in some])
        ceilings = np.einsum("bd,bd->b", asked, _positives(some, encoder, rows, vectors)) - masks.margin
        for pair, cosines, ceiling in zip(some, asked @ vectors.T, ceilings, strict=True):
            nearest = _nearest(np.where(cosines <= ceiling, cosines, -np.inf), depth)
            wrong = [items[row] for row in nearest if items[row] in texts.passages]
            negatives.append(_passages(wrong, rights[folded(pair.left)], texts, count))
    return negatives


def joined(*sources: Negatives, count: int) -> Negatives:
    """Take in turns from several sources, up to `count` different passages a pair.

    >>> joined([("a", "b")], [("a", "c")], count=3)
    [('a', 'b', 'c')]
    """
    return [_in_turns(row, count) for row in zip(*sources, strict=True)]


def _in_turns(row: Sequence[tuple[str, ...]], count: int) -> tuple[str, ...]:
    deepest = max(map(len, row), default=0)
    turns = (passages[rank] for rank in range(deepest) for passages in row if rank < len(passages))
    return tuple(dict.fromkeys(turns))[:count]


def rights_of(pairs: Sequence[Pair]) -> Rights:
    """Return all that is right for each left text."""
    found: defaultdict[str, set[ItemId]] = defaultdict(set)
    for pair in pairs:
        found[folded(pair.left)].add(pair.item)
    return {left: frozenset(items) for left, items in found.items()}


def _matches(index: CatalogueIndex, text: str, depth: int) -> list[tuple[ItemId, float]]:
    matches = index.search(text, None, Filters(), limit=depth)
    scored = zip(matches.items, matches.lexical.tolist(), strict=True)
    return [(item, score) for item, score in scored if not np.isnan(score)]


def _passages(wrong: Sequence[ItemId], rights: frozenset[ItemId], texts: Texts, count: int) -> tuple[str, ...]:
    """Return the first different passages of items that are not the same as anything right."""
    kept: dict[str, None] = {}
    for item in wrong:
        if len(kept) == count:
            break
        if not any(texts.same(item, right) for right in rights):
            kept[texts.passages[item]] = None
    return tuple(kept)


def _positives(pairs: Sequence[Pair], encoder: Encoder, rows: Mapping[ItemId, int], vectors: Floats) -> Floats:
    """Return the vectors of what is right, (B, dim)."""
    found = np.empty((len(pairs), vectors.shape[1]), np.float32)
    unknown = [at for at, pair in enumerate(pairs) if pair.item not in rows]
    if unknown:
        found[unknown] = encoder.passages([pairs[at].right for at in unknown])
    for at, pair in enumerate(pairs):
        if pair.item in rows:
            found[at] = vectors[rows[pair.item]]
    return found


def _nearest(cosines: Floats, depth: int) -> list[int]:
    """Return the rows of the highest finite cosines, best first, ties in order of the rows."""
    depth = min(depth, len(cosines))
    if not depth:
        return []
    edge = np.partition(cosines, -depth)[-depth]
    top = np.flatnonzero((cosines >= edge) & np.isfinite(cosines))
    ranked: list[int] = top[np.argsort(-cosines[top], kind="stable")][:depth].tolist()
    return ranked
