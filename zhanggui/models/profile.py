"""Histories as sparse rows: what each shopper showed an interest in, and how long ago."""

import numpy as np
from scipy.sparse import csr_array

from zhanggui.core.interactions import Floats, Histories, Ints, Longs
from zhanggui.models.weights import weight


def profile(histories: Histories, items: int, *, unit: float = 1.0, fade: Floats | None = None) -> csr_array:
    """Return (B, items): the net strength of every item in `unit`s, within 0 and 1, times `fade` at its last event.

    `fade` (n,) goes with the events of the histories; without it all moments count alike. Items whose strength is not
    above zero (looked at and disliked, bought and returned) are left out, as are unknown ones (-1).
    """
    rows = row_of_event(histories)
    known = np.flatnonzero(histories.item >= 0)[::-1]
    keys, last, pair = np.unique(
        rows[known].astype(np.int64) * items + histories.item[known], return_index=True, return_inverse=True
    )
    net = np.bincount(pair, weight(histories.type[known]), len(keys)) / unit
    strength: Floats = net.clip(0, 1).astype(np.float32)
    if fade is not None:
        strength *= fade[known[last]]
    kept = strength > 0
    return sparse(keys[kept], strength[kept], (len(histories), items))


def fading(histories: Histories, decay: float) -> Floats | None:
    """Return `decay` ** (moments since) for every event (n,), None when nothing fades."""
    return None if decay >= 1 else np.power(np.float32(decay), steps_back(histories))


def sparse(keys: Longs, values: Floats, shape: tuple[int, int]) -> csr_array:
    """Return a sparse matrix from sorted, distinct keys `row * columns + column`."""
    starts = np.searchsorted(keys, np.arange(shape[0] + 1, dtype=np.int64) * shape[1])
    columns = (keys % max(shape[1], 1)).astype(np.int32)
    return csr_array((values, columns, starts.astype(np.int32 if len(keys) < 2**31 else np.int64)), shape=shape)


def latest(histories: Histories, *, most: int) -> Histories:
    """Return the last `most` events of every history.

    The pairs within a history grow with the square of its length, what they tell does not: the "interaction cut" of
    Schelter, Boden and Markl (RecSys 2012).

    >>> latest(Histories.of([7, 8, 9]), most=2).item.tolist()
    [8, 9]
    """
    lengths = np.diff(histories.starts)
    if not len(lengths) or lengths.max() <= most:
        return histories
    kept = np.minimum(lengths, most)
    starts = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
    index = np.arange(starts[-1]) + np.repeat(histories.starts[1:] - starts[1:], kept)
    return Histories(starts, histories.item[index], histories.time[index], histories.type[index])


def row_of_event(histories: Histories) -> Longs:
    """Return the number of the history of every event, shape (n,)."""
    return np.repeat(np.arange(len(histories)), np.diff(histories.starts))


def steps_back(histories: Histories) -> Ints:
    """Return how many distinct later moments each history has after each event, shape (n,): 0 for the latest ones.

    What happened at one moment (a basket) is one step.

    >>> steps_back(Histories.of([7, 8, 9], times=[1, 1, 5]))
    array([1, 1, 0], dtype=int32)
    """
    n = len(histories.item)
    if not n:
        return np.zeros(0, np.int32)
    turns = np.zeros(n, np.int32)
    turns[:-1] = histories.time[1:] != histories.time[:-1]
    ends = histories.starts[1:][np.diff(histories.starts) > 0] - 1
    turns[ends] = 0
    after = turns[::-1].cumsum()[::-1].astype(np.int32)
    return after - np.repeat(after[ends], np.diff(histories.starts)[np.diff(histories.starts) > 0])


def age(histories: Histories) -> Longs:
    """Return the milliseconds from each event to the last one of its history, shape (n,)."""
    lengths = np.diff(histories.starts)
    ends = histories.starts[1:][lengths > 0] - 1
    return np.asarray(np.repeat(histories.time[ends], lengths[lengths > 0]) - histories.time)
