"""What a shopper is due to buy again: the chance of one more purchase soon, learnt from everyone's habits."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import NotFittedError
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Floats, Histories, Interactions, Longs
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import dense
from zhanggui.models.profile import row_of_event, sparse
from zhanggui.models.weights import owning, weight

Doubles = NDArray[np.float64]

_FADES = (14, 45, 150)
"""Half-lives (days) of the faded counts."""

_PRIOR = 20.0
"""How many shoppers' worth an item's repeat rate leans on that of the whole shop."""

_RIDGE = 1.0
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Habits:
    """What each shopper has of each item, one row a pair: `keys` (p,) are history * N + item, rising."""

    keys: Longs
    features: Doubles


class Habit:
    """Logistic regression on how often, how lately and how regularly an item was bought, and on how others repeat it.

    Fitted on the log itself: the last `window_days` are hidden, and each pair of shopper and item from before is a
    case, right when it comes back. Only shoppers who bought something in the window are cases. Close in spirit to the
    repeat-purchase models of Bhagat et al. (KDD 2018). Ages count from the last event of the history.
    """

    name = "habit"

    def __init__(self, *, window_days: int = 28) -> None:
        self.window_days = window_days

    def fit(self, log: Interactions) -> Self:
        """Learn how habits go on; a log too short to hide anything leaves plain counting."""
        self.items_ = log.items
        self.owned_ = bool(owning(log.type).any())
        coefficients = self._learnt(log)
        self.rates_ = self._rates(log)
        self.coefficients_ = coefficients
        return self

    def score(self, histories: Histories) -> Floats:
        """Return chances (B, N), -inf for what is not in the history."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        habits = self._habits(histories, self.rates_)
        chances = _sigmoid(habits.features @ self.coefficients_)
        return dense(sparse(habits.keys, chances.astype(np.float32), (len(histories), len(self.items_))))

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return the item itself when it was had before."""
        return [(item, 1.0)] if item in history.item[self._counted(history)] else []

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        arrays = {"rates": self.rates_, "coefficients": self.coefficients_, "owned": np.array(self.owned_)}
        write(path, self.name, self.items_, {"window_days": self.window_days}, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.owned_ = items, bool(arrays["owned"])
        model.rates_, model.coefficients_ = (
            arrays["rates"].astype(np.float64),
            arrays["coefficients"].astype(np.float64),
        )
        return model

    def _counted(self, histories: Histories) -> NDArray[np.bool_]:
        kind = owning(histories.type) if self.owned_ else weight(histories.type) > 0
        return np.asarray(kind & (histories.item >= 0))

    def _learnt(self, log: Interactions) -> Doubles:
        """Return the coefficients, fitted on the hidden window; counting alone where nothing can be learnt."""
        cut = int(log.time.max()) + 1 - self.window_days * DAY if len(log) else 0
        before, after = log.where(log.time < cut), log.where(log.time >= cut)
        plain = np.zeros(_FEATURES)
        plain[1] = 1.0
        if not len(before) or not len(after):
            return plain
        histories = before.histories()
        habits = self._habits(histories, self._rates(before))
        came = after.where(self._counted(after.histories()))
        items = len(log.items)
        active = np.isin(habits.keys // items, came.user)
        right = np.isin(habits.keys[active], came.user.astype(np.int64) * items + came.item)
        if not right.any() or right.all():
            return plain
        return _regressed(habits.features[active], right.astype(np.float64))

    def _rates(self, log: Interactions) -> Doubles:
        """Return for every item the log odds (N,) that a shopper who had it had it again, leaning on the whole shop."""
        items = len(log.items)
        keys, _, number, _, _ = self._pairs(log.histories(), items)
        had = np.bincount(keys % max(items, 1), minlength=items)
        again = np.bincount(keys % max(items, 1), number > 1, minlength=items)
        overall = (again.sum() + 1) / (had.sum() + 2)
        rate = (again + _PRIOR * overall) / (had + _PRIOR)
        return np.asarray(np.log(rate / (1 - rate)))

    def _pairs(self, histories: Histories, items: int) -> tuple[Longs, Longs, Doubles, Doubles, Doubles]:
        """Return pairs of history and item: keys, moments' pair numbers, number of moments, first and last moment."""
        kept = np.flatnonzero(self._counted(histories))
        keys = row_of_event(histories)[kept].astype(np.int64) * items + histories.item[kept]
        order = np.lexsort((histories.time[kept], keys))
        keys, time = keys[order], histories.time[kept][order]
        once = np.ones(len(keys), np.bool_)
        once[1:] = (keys[1:] != keys[:-1]) | (time[1:] != time[:-1])
        self._moments = time[once]
        pairs, first, pair = np.unique(keys[once], return_index=True, return_inverse=True)
        number = np.bincount(pair, minlength=len(pairs)).astype(np.float64)
        last = first + number.astype(np.int64) - 1
        return pairs, pair, number, self._moments[first].astype(np.float64), self._moments[last].astype(np.float64)

    def _habits(self, histories: Histories, rates: Doubles) -> Habits:
        items = len(rates)
        keys, pair, number, first, last = self._pairs(histories, items)
        rows = keys // max(items, 1)
        filled = np.diff(histories.starts) > 0
        ends = np.zeros(len(histories))
        ends[filled] = histories.time[histories.starts[1:][filled] - 1]
        age = (ends[rows] - last) / DAY
        event_age = (ends[rows][pair] - self._moments) / DAY
        visits = _visits(histories)[rows]
        interval = np.where(number > 1, (last - first) / DAY / np.maximum(number - 1, 1), 0)
        overdue = np.where(number > 1, np.minimum(age / np.maximum(interval, 1), 5), 0)
        columns = [
            np.ones(len(keys)),
            np.log(number),
            np.log(number / visits),
            np.log1p(age),
            age / 100,
            overdue,
            np.minimum(overdue, 1) ** 2,
            (number == 1).astype(np.float64),
            rates[keys % max(items, 1)],
            rates[keys % max(items, 1)] * np.log(number),
            *(np.log(np.bincount(pair, np.exp2(-event_age / days), len(keys)) + 0.05) for days in _FADES),
        ]
        return Habits(keys, np.stack(columns, axis=1))


_FEATURES = 10 + len(_FADES)


def _visits(histories: Histories) -> Doubles:
    """Return the number of distinct moments of every history, (B,), at least 1."""
    rows = row_of_event(histories)
    turns = np.ones(len(rows))
    turns[1:] = (rows[1:] != rows[:-1]) | (histories.time[1:] != histories.time[:-1])
    return np.maximum(np.bincount(rows, turns, len(histories)), 1)


def _sigmoid(values: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def _regressed(features: Doubles, right: Doubles) -> Doubles:
    """Return the coefficients of a ridge logistic regression by Newton's method; `features` (p, f), `right` (p,)."""
    coefficients = np.zeros(features.shape[1])
    for _ in range(_ROUNDS):
        chance = _sigmoid(features @ coefficients)
        slope = features.T @ (right - chance) - _RIDGE * coefficients
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + _RIDGE * np.eye(features.shape[1])
        step = np.linalg.solve(curve, slope)
        coefficients += step
        if np.abs(step).max() < 1e-6:
            break
    return coefficients
