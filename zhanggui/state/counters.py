"""Counters of items that forget: how often lately, how often usually, by how many shoppers.

Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward decay, ICDE 2009): an act at time t adds g(t - L), with
g(x) = 2^(x / half-life) and a fixed landmark L; dividing by g(now - L) gives the exponentially decayed sum at any
later moment. Nothing has to be touched as time goes by, and acts may arrive in any order.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import SECOND, ItemId, Millis
from zhanggui.core.interactions import Bytes, Floats, Ints, Longs

Doubles = NDArray[np.float64]

_SLOWER = 8
"""The usual is measured over a half-life so many times longer than the recent."""

_REBASE = 40.0
"""Move the landmark when an act lies so many half-lives after it, long before 2^x overflows."""


class Counters:
    """Decayed counts of every item at two speeds, and how many distinct shoppers each had. Not thread-safe."""

    def __init__(self, *, half_life: int) -> None:
        self.half_life = half_life
        self.landmark = Millis(0)
        self.names: list[ItemId] = []
        self._rows: dict[ItemId, int] = {}
        self._recent = np.zeros(64)
        self._usual = np.zeros(64)
        self._shoppers = np.zeros(64, np.int64)
        self._rising: tuple[Millis, int, list[tuple[ItemId, float]]] | None = None
        self._popular: tuple[int, list[tuple[ItemId, int]]] | None = None

    def row(self, item: ItemId) -> int:
        """Return the row of an item, a new one for a new item."""
        row = self._rows.setdefault(item, len(self.names))
        if row == len(self.names):
            self.names.append(item)
            self._reserve(row + 1)
        return row

    def add(self, item: ItemId, time: Millis, weight: float, *, new_shopper: bool) -> None:
        """Count one act."""
        row = self.row(item)
        if time - self.landmark > _REBASE * self.half_life:
            self._rebase(time)
        age = (time - self.landmark) / self.half_life
        self._recent[row] += weight * 2.0**age
        self._usual[row] += weight * 2.0 ** (age / _SLOWER)
        self._shoppers[row] += new_shopper
        self._rising = None
        if new_shopper and self._popular and self._shoppers[row] >= self._popular_least():
            self._popular = None

    def take(self, item: ItemId, acts: Sequence[tuple[Millis, float]]) -> None:
        """Take back all that one shopper added to an item: (time, weight) of each act; weights of 0 are no interest."""
        row = self.row(item)
        for time, weight in acts:
            age = (time - self.landmark) / self.half_life
            self._recent[row] -= weight * 2.0**age
            self._usual[row] -= weight * 2.0 ** (age / _SLOWER)
        self._shoppers[row] -= any(weight > 0 for _, weight in acts)
        if not self._shoppers[row]:
            self._recent[row] = self._usual[row] = 0.0  # not what rounding left
        self._recent[row], self._usual[row] = max(self._recent[row], 0.0), max(self._usual[row], 0.0)
        self._rising = self._popular = None

    def restore(self, names: Iterable[str], columns: tuple[Doubles, Doubles, Longs], landmark: Millis) -> None:
        """Take over names and the columns that `columns` gave."""
        self.names = [ItemId(name) for name in names]
        self._rows = {name: row for row, name in enumerate(self.names)}
        self.landmark = landmark
        recent, usual, shoppers = columns
        room = np.zeros(64)
        self._recent, self._usual = np.append(recent, room), np.append(usual, room)
        self._shoppers = np.append(shoppers.astype(np.int64), room.astype(np.int64))

    def columns(self) -> tuple[Doubles, Doubles, Longs]:
        """Return copies of (recent, usual, shoppers) by row; the first two are relative to the landmark."""
        n = len(self.names)
        return self._recent[:n].copy(), self._usual[:n].copy(), self._shoppers[:n].copy()

    def recent(self, now: Millis) -> Doubles:
        """Return the decayed weight of every item at this moment."""
        return self._recent[: len(self.names)] * self._faded(now, 1)

    def rising(self, now: Millis) -> Doubles:
        """Return how much every item rises; 0 for what nobody touched lately.

        With R the recent weight and E what its usual share of today's traffic would give, the score is the surprise
        max(0, (R - E) / sqrt(E + 1)), plus R / (1 + R) so that steady items follow in order of demand.
        """
        recent = self.recent(now)
        usual = self._usual[: len(self.names)] * self._faded(now, _SLOWER)
        expected = usual * (recent.sum() / max(usual.sum(), 1e-300))
        surprise = np.maximum((recent - expected) / np.sqrt(expected + 1), 0)
        return np.where(recent > 0, surprise + recent / (1 + recent), 0.0)

    def shoppers(self, items: Sequence[ItemId]) -> Longs:
        """Return how many distinct shoppers each item had."""
        rows = np.fromiter((self._rows.get(item, -1) for item in items), np.int64, len(items))
        return np.where(rows >= 0, self._shoppers[rows], 0)

    def trending(self, now: Millis, *, k: int) -> list[tuple[ItemId, float]]:
        """Return the k items that rise most, ties by id; asked again within a second, from memory."""
        if self._rising is None or self._rising[1] < k or abs(now - self._rising[0]) >= SECOND:
            self._rising = now, k, _best(self.names, self.rising(now), k)
        return self._rising[2][:k]

    def popular(self, *, k: int) -> list[tuple[ItemId, int]]:
        """Return the k items with the most distinct shoppers, ties by id; from memory until one of them gains."""
        if self._popular is None or self._popular[0] < k:
            best = _best(self.names, self._shoppers[: len(self.names)].astype(np.float64), k)
            self._popular = k, [(item, int(count)) for item, count in best]
        return self._popular[1][:k]

    def _popular_least(self) -> int:
        """Return from how many shoppers on an item may stand in the remembered list."""
        k, best = self._popular or (0, [])
        return best[-1][1] if best and len(best) == k else 1

    def _faded(self, now: Millis, slower: int) -> float:
        return float(2.0 ** min((self.landmark - now) / self.half_life / slower, _REBASE))

    def _rebase(self, landmark: Millis) -> None:
        back = (self.landmark - landmark) / self.half_life
        self._recent *= 2.0**back
        self._usual *= 2.0 ** (back / _SLOWER)
        self.landmark = landmark

    def _reserve(self, size: int) -> None:
        if size > len(self._recent):
            more = max(size, 2 * len(self._recent)) - len(self._recent)
            self._recent = np.append(self._recent, np.zeros(more))
            self._usual = np.append(self._usual, np.zeros(more))
            self._shoppers = np.append(self._shoppers, np.zeros(more, np.int64))


def counted(
    *, size: int, user: Ints, item: Ints, time: Longs, kind: Bytes, weights: Floats, half_life: int, landmark: Millis
) -> tuple[Doubles, Doubles, Longs]:
    """Return the columns of counters over a whole log: the same sums as one `add` for each row."""
    weight = weights[kind].astype(np.float64)
    age = (time - landmark) / half_life
    recent = np.bincount(item, weight * np.exp2(age), size).astype(np.float64)
    usual = np.bincount(item, weight * np.exp2(age / _SLOWER), size).astype(np.float64)
    shown = weight > 0
    pairs = np.unique(user[shown].astype(np.int64) * size + item[shown])
    return recent, usual, np.bincount(pairs % max(size, 1), minlength=size).astype(np.int64)


def _best(names: Sequence[ItemId], scores: NDArray[np.float64], k: int) -> list[tuple[ItemId, float]]:
    """Return the k best names with a score above 0, ties by name."""
    positive = int((scores > 0).sum())
    if not min(k, positive):
        return []
    threshold = np.partition(scores, len(scores) - min(k, positive))[len(scores) - min(k, positive)]
    rows = np.flatnonzero(scores >= threshold)
    best = sorted(((names[row], float(scores[row])) for row in rows.tolist()), key=lambda pair: (-pair[1], pair[0]))
    return best[:k]
