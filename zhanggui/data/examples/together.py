"""Items that are bought with one another, or one after the other."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, ItemId, Millis
from zhanggui.core.interactions import Interactions, Longs
from zhanggui.core.protocols import Store
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.texts import Texts

AFTER = 30 * DAY
"""How much later a purchase may still be said to follow another."""

PER_ITEM = 50
"""Pairs that end in one item, at most: the newest. Else bread and milk would be all that is learnt."""

_BOUGHT = (EventType.PURCHASE,)


def together_pairs(
    store: Store, texts: Texts, *, until: Millis, seed: int, after: int = AFTER, per_item: int = PER_ITEM
) -> list[Pair]:
    """Return (title bought → other item bought) from purchases before `until`, by time.

    Each item of an order (without one, of a shopper's day) is paired with one drawn from the same order and one from
    the order before it, no more than `after` ms earlier: two pairs for a purchase, however large the baskets are.
    """
    log = store.interactions(until=until, types=_BOUGHT)
    left, right, time = _rows(log, np.random.default_rng(seed), after)
    latest_first = np.lexsort((left, right, time))[::-1]
    rows = zip(left[latest_first].tolist(), right[latest_first].tolist(), time[latest_first].tolist(), strict=True)
    held: Counter[ItemId] = Counter()
    pairs: list[Pair] = []
    for one, other, moment in ((ItemId(log.items.ids[a]), ItemId(log.items.ids[b]), Millis(t)) for a, b, t in rows):
        known = one in texts.titles and other in texts.passages
        if known and held[other] < per_item and not texts.same(one, other):
            held[other] += 1
            pairs.append(Pair(texts.titles[one], texts.passages[other], other, PairKind.TOGETHER, moment))
    return pairs[::-1]


def _rows(log: Interactions, random: np.random.Generator, after: int) -> tuple[Longs, Longs, Longs]:
    """Return item rows of what was there and of what came, and when both were bought."""
    if not len(log):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing
    visit, item, time, user = _visits(log)
    starts = np.flatnonzero(np.concatenate(([True], visit[1:] != visit[:-1])))
    sizes = np.diff(np.append(starts, len(visit)))
    at = np.repeat(np.arange(len(starts)), sizes)
    drawn = random.integers(0, 1 << 30, (2, len(visit)))
    with_ = starts[at] + (np.arange(len(visit)) - starts[at] + 1 + drawn[0] % np.maximum(sizes[at] - 1, 1)) % sizes[at]
    before = _before(user[starts], time[starts], at)
    previous = starts[before] + drawn[1] % sizes[before]
    follows = (before >= 0) & (time[previous] < time) & (time - time[previous] <= after)
    mates = sizes[at] > 1
    return (
        np.concatenate((item[with_][mates], item[previous][follows])),
        np.concatenate((item[mates], item[follows])),
        np.concatenate((np.maximum(time, time[with_])[mates], time[follows])),
    )


def _visits(log: Interactions) -> tuple[Longs, Longs, Longs, Longs]:
    """Return (visit, item, time, user), an item once a visit, sorted by visit, then time."""
    day = log.time // DAY
    keys = np.stack((log.user.astype(np.int64), log.basket, np.where(log.basket < 0, day, 0)))
    _, visit = np.unique(keys, axis=1, return_inverse=True)
    visit = visit.reshape(-1).astype(np.int64)
    _, first = np.unique(np.stack((visit, log.item.astype(np.int64))), axis=1, return_index=True)
    rows = first[np.lexsort((log.item[first], log.time[first], visit[first]))]
    return visit[rows], log.item[rows].astype(np.int64), log.time[rows], log.user[rows].astype(np.int64)


def _before(user: Longs, time: Longs, at: Longs) -> Longs:
    """Return for each row the shopper's visit before its own, -1 for the first; `user`, `time` are by visit."""
    order = np.lexsort((time, user))
    earlier = np.full(len(user), -1, np.int64)
    same: NDArray[np.bool_] = user[order[1:]] == user[order[:-1]]
    earlier[order[1:][same]] = order[:-1][same]
    return earlier[at]
