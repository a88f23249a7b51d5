"""Pairs with a label: what a model that reads both texts at once learns to tell apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from zhanggui.core.errors import ConfigError
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.splits import Parts
from zhanggui.data.examples.words import folded

RightTexts = Mapping[str, AbstractSet[str]]
"""Folded left text to every passage that some pair gives it."""

_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Graded:
    """A left text (query, history), an item's text, and how well they fit: 0 (no click) to 1, or a teacher's logit."""

    left: str
    right: str
    label: float


def graded(
    pairs: Sequence[Pair],
    wrong: Sequence[Sequence[str]],
    passages: Sequence[str],
    *,
    rights: RightTexts,
    hard: int,
    seed: int,
    kept_apart: AbstractSet[str] = frozenset(),
) -> list[Graded]:
    """Return each pair (1), and (0) its left text with up to `hard` of its `wrong` passages and one of all `passages`.

    Hard ones alone would teach that what has nothing in common may fit as well. What `rights` gives a left text is
    never wrong for it, whatever `wrong` says; what is `kept_apart` is never shown as wrong. No two examples have equal
    texts.
    """
    if len(pairs) != len(wrong):
        raise ConfigError(f"{len(pairs)} pairs have wrong passages for {len(wrong)}. Give one list for each pair.")
    dice = np.random.default_rng(seed)
    labels: dict[tuple[str, str], float] = {}
    for pair, mined in zip(pairs, wrong, strict=True):
        right = rights[folded(pair.left)]
        labels[pair.left, pair.right] = 1.0
        usable = (text for text in mined if text not in right and text not in kept_apart)
        for text in [*_first(usable, hard), *_drawn(passages, right | kept_apart, dice)]:
            labels[pair.left, text] = 0.0
    return [Graded(left, right, label) for (left, right), label in labels.items()]


def right_texts(parts: Parts) -> RightTexts:
    """Return what is right for each left text, whichever part says so.

    >>> from zhanggui.core.ids import ItemId
    >>> from zhanggui.data.examples.pair import PairKind
    >>> one, two = (Pair(left, "mug", ItemId("1"), PairKind.TITLE) for left in ("Mug", "cup"))
    >>> right_texts(Parts([one], [two], []))
    {'mug': {'mug'}, 'cup': {'mug'}}
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in (*parts.train, *parts.dev, *parts.test):
        found[folded(pair.left)].add(pair.right)
    return dict(found)


def unlearnt(parts: Parts) -> frozenset[str]:
    """Return the passages that are right in dev or test and never in train.

    Shown as wrong in train and never as right, they would be learnt to be wrong for everybody.
    """
    return frozenset({pair.right for pair in (*parts.dev, *parts.test)} - {pair.right for pair in parts.train})


def _first(texts: Iterator[str], count: int) -> list[str]:
    return [text for _, text in zip(range(count), texts, strict=False)]


def _drawn(passages: Sequence[str], never: AbstractSet[str], dice: np.random.Generator) -> Iterable[str]:
    """Return one passage that may be wrong, none where so many draws find none."""
    rows = dice.integers(len(passages), size=_DRAWS).tolist() if passages else []
    return next(([passages[row]] for row in rows if passages[row] not in never), [])
