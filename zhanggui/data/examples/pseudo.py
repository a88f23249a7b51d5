"""Raw queries, which nobody labelled, matched to items by a teacher who must be sure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import ItemId
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.words import folded

Scored = tuple[ItemId, float]
_AT_ONCE = 256


class Teacher(Protocol):
    """Say for each query which items it asks for, with a score, best first; the scale is the teacher's own."""

    def __call__(self, queries: Sequence[str]) -> Sequence[Sequence[Scored]]: ...


def pseudo_pairs(
    queries: Iterable[str],
    teacher: Teacher,
    texts: Texts,
    *,
    least: float,
    margin: float,
    judged: Iterable[str] = (),
    per_item: int = 5,
    dropped: Counter[str] | None = None,
) -> list[Pair]:
    """Return (query → item) for queries whose best item scores `least` or more, and `margin` above the next thing.

    The next thing is the next item that is not the same to a language model (`Texts.same`). An item keeps the
    `per_item` queries that the teacher is surest of. Queries that say one thing count once; judged ones never.
    `dropped` counts what was left out: judged, repeated, unknown, unsure, ambiguous, crowded.
    """
    if margin < 0 or per_item < 1:
        raise ConfigError(f"margin must be 0 or more, per_item 1 or more. Got {margin} and {per_item}.")
    lost: Counter[str] = Counter() if dropped is None else dropped
    asked = _asked(queries, judged, lost)
    sure: list[tuple[float, str, ItemId]] = []
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        for query, found in zip(some, teacher(some), strict=True):
            if reason := _doubt(found, texts, least, margin):
                lost[reason] += 1
            else:
                sure.append((found[0][1], query, found[0][0]))
    kept = _shared(sure, per_item, lost)
    return [Pair(query, texts.passages[item], item, PairKind.PSEUDO) for _, query, item in kept]


def _asked(queries: Iterable[str], judged: Iterable[str], lost: Counter[str]) -> list[str]:
    secret = {folded(query) for query in judged}
    seen = {""}
    asked = []
    for query in queries:
        key = folded(query)
        if key in secret or key in seen:
            lost["judged" if key in secret else "repeated"] += 1
            continue
        seen.add(key)
        asked.append(query.strip())
    return asked


def _doubt(found: Sequence[Scored], texts: Texts, least: float, margin: float) -> str:
    """Return why a teacher's answer is not learnt from, "" when it is."""
    if not found or found[0][0] not in texts.passages:
        return "unknown"
    best, score = found[0]
    if not score >= least:
        return "unsure"
    rival = next((other for item, other in found[1:] if not texts.same(best, item)), None)
    return "ambiguous" if rival is not None and not score - rival >= margin else ""


def _shared(
    sure: list[tuple[float, str, ItemId]], per_item: int, lost: Counter[str]
) -> list[tuple[float, str, ItemId]]:
    """Keep the surest of each item, in the order of item, score, query."""
    held: Counter[ItemId] = Counter()
    kept = []
    for score, query, item in sorted(sure, key=lambda one: (one[2], -one[0], one[1])):
        held[item] += 1
        if held[item] <= per_item:
            kept.append((score, query, item))
        else:
            lost["crowded"] += 1
    return kept
