"""Weights of a blend, fitted on what shoppers did next.

Three ways are tried, and each is judged on users whom it has not seen: coordinate ascent on nDCG (Metzler and Croft,
Information Retrieval 2007), and the conditional logit (McFadden 1974) with weights that may or may not be negative.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Split
from zhanggui.evaluation.novelty import new_targets
from zhanggui.evaluation.seen import AllSeen, SeenPolicy
from zhanggui.models.blend import Blend, Page
from zhanggui.models.pool import Pool, Question, pools

TRACES = {"popularity": 1e-3, "frequency": 1e-4}
"""Least weights, of the largest: one orders what nothing else speaks of, the other tells how often it was had."""

Way = Callable[[Pool], list[float]]

_FACTORS = (0.0, 0.5, 0.7, 0.85, 1.18, 1.4, 2.0)
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_RIDGE = 1e-4
_FAINT = 0.01
_MOST_USERS, _MOST_CELLS = 4000, 45_000_000
"""How many users, and scores of one member, the weights are fitted on: enough for some weights, and done in seconds."""


def fitted_weights(
    blend: Blend, split: Split, *, seen: SeenPolicy, k: int = 20, users: int | None = None, seed: int = 0
) -> dict[Page, dict[str, float]]:
    """Return, for each kind of page, the weights that rank the split's targets best; `blend` is fitted on its train.

    `seen` holds on pages where seen items may return. At most `users` users are asked, drawn by `seed`; by default as
    many as a few seconds allow.
    """
    most = min(_MOST_USERS, max(200, _MOST_CELLS // max(len(blend.items_), 1))) if users is None else users
    chosen = np.sort(np.random.default_rng(seed).permutation(len(split.users))[:most])
    histories, targets = split.histories.take(chosen), split.targets.take(chosen)
    questions = {
        Page.ALL: Question(blend.on(Page.ALL), targets, seen),
        Page.NEW: Question(blend.on(Page.NEW), new_targets(histories, targets), AllSeen()),
    }
    names = [member.name for member in blend.members]
    made = pools(histories, list(questions.values()))
    return {page: _named(names, one, k=k) for page, one in zip(questions, made, strict=True)}


def _named(names: Sequence[str], made: Pool, *, k: int) -> dict[str, float]:
    if not made.right.any():
        return dict.fromkeys(names, 1.0)
    free = [name not in TRACES for name in names]
    weights = best_way(made, ways(free, k=k), k=k)(made)
    largest = max(map(abs, weights))
    scaled = {name: _told(weight / largest) for name, weight in zip(names, weights, strict=True)}
    return {name: max(weight, TRACES[name]) if name in TRACES else weight for name, weight in scaled.items()}


def _told(weight: float) -> float:
    """Drop what is too faint to move an item: such a member need not be asked."""
    return round(weight, 6) if abs(weight) >= _FAINT else 0.0


def ways(free: Sequence[bool], *, k: int) -> Mapping[str, Way]:
    """Return the ways to fit weights; `free` says which may be negative."""
    return {
        "ascent": partial(ascended, k=k),
        "logit": partial(chosen_by_logit, free=[False] * len(free)),
        "signed logit": partial(chosen_by_logit, free=free),
    }


def best_way(made: Pool, known: Mapping[str, Way], *, k: int) -> Way:
    """Return the way whose weights, fitted on one half of the users, rank best for the other half."""
    held = {
        name: sum(made.half(1 - which).ndcg(way(made.half(which)), k=k) for which in (0, 1))
        for name, way in known.items()
    }
    return known[max(held, key=lambda name: held[name])]


def ascended(made: Pool, *, k: int, rounds: int = 3) -> list[float]:
    """Return weights by coordinate ascent, from the best member alone and from all alike; never negative."""
    size = made.values.shape[2]
    alone = [[float(at == one) for at in range(size)] for one in range(size)]
    starts = [max(alone, key=lambda weights: made.ndcg(weights, k=k)), [1.0] * size]
    ends = [_climbed(made, start, k=k, rounds=rounds) for start in starts]
    return max(ends, key=lambda weights: made.ndcg(weights, k=k))


def chosen_by_logit(made: Pool, *, free: Sequence[bool]) -> list[float]:
    """Return weights under which what was taken is likeliest among the candidates, each user counting alike."""
    from scipy.optimize import minimize  # here: it takes 0.1 s of each start, and a shop that serves never fits

    size = made.values.shape[2]
    asked = made.right.any(axis=1)
    if not asked.any():
        return [1.0] * size
    values, right = made.values[asked].astype(np.float64), made.right[asked]
    spoken = (values > 0).any(axis=2)
    share = right / right.sum(axis=1, keepdims=True)
    bounds = [(None if may_be_negative else 0.0, None) for may_be_negative in free]
    found = minimize(_surprise, np.ones(size), (values, spoken, share), "L-BFGS-B", jac=True, bounds=bounds)
    weights: list[float] = found.x.tolist()
    return weights if any(weights) else [1.0] * size


def _surprise(
    weights: NDArray[np.float64], values: NDArray[np.float64], spoken: NDArray[np.bool_], share: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the mean negative log likelihood with a ridge, and its gradient (M,)."""
    scores = np.where(spoken, values @ weights, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    chance = np.exp(scores)
    total = chance.sum(axis=1, keepdims=True)
    logs = np.where(spoken, scores - np.log(total), 0)
    slope = np.tensordot(share - chance / total, values, axes=2) / len(values)
    loss = -(logs * share).sum() / len(values) + _RIDGE * weights @ weights
    return float(loss), 2 * _RIDGE * weights - slope


def _climbed(made: Pool, start: list[float], *, k: int, rounds: int) -> list[float]:
    weights, best = list(start), made.ndcg(start, k=k)
    for _ in range(rounds):
        before = best
        for at in range(len(weights)):
            for value in _steps(weights[at], max(weights)):
                tried = [*weights[:at], value, *weights[at + 1 :]]
                if any(tried) and (reached := made.ndcg(tried, k=k)) > best + 1e-7:
                    weights, best = tried, reached
        if best - before < 1e-5:
            break
    return [weight / max(weights) for weight in weights]


def _steps(weight: float, largest: float) -> list[float]:
    return [weight * factor for factor in _FACTORS] if weight else [largest * share for share in _SHARES]
