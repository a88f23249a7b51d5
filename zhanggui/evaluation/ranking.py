"""Systems side by side on one question: full ranking, every item a candidate (Krichene and Rendle, KDD 2020)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import InputError
from zhanggui.core.interactions import Histories, Ints, Split
from zhanggui.core.protocols import Recommender
from zhanggui.evaluation.coverage import coverage
from zhanggui.evaluation.hit_rate import hit_rate
from zhanggui.evaluation.mrr import mrr
from zhanggui.evaluation.ndcg import ndcg_of_hits
from zhanggui.evaluation.precision import precision
from zhanggui.evaluation.recall import recall
from zhanggui.evaluation.rows import Row, row
from zhanggui.evaluation.seen import AllSeen, SeenPolicy
from zhanggui.evaluation.topk import topk_without

Progress = Callable[[int, int], None]
"""Called with what is done and the total."""

_CELLS = 12_000_000
"""Scores held at a time by one system: 48 MB."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A table: its rows, how many users were asked, and under what terms."""

    rows: tuple[Row, ...]
    n: int
    note: str

    def as_json(self) -> dict[str, object]:
        """Return the form of the contract of `--json`."""
        return {"rows": [line.as_json() for line in self.rows], "n": self.n, "note": self.note}


def evaluate(
    recommenders: Mapping[str, Recommender],
    split: Split,
    *,
    k: int = 10,
    seen: SeenPolicy | None = None,
    shipped: Collection[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask fitted recommenders for k items for every history of the split; compare with the targets.

    Metrics are ndcg, mrr, recall, hr and precision by user, with bootstrap intervals, and coverage. `seen` says what
    may return (default: nothing). Raises InputError when a system speaks of other items than the split.
    """
    policy = AllSeen() if seen is None else seen
    _same_items(recommenders, split)
    pages = shown(recommenders, split.histories, k=k, seen={"": policy}, progress=progress)
    rows = [table_row(name, pages["", name], split, k=k, shipped=name in shipped, seed=seed) for name in recommenders]
    return Evaluation(tuple(rows), len(split.users), f"{split.note}; {policy.note}".removeprefix("; "))


def shown(
    recommenders: Mapping[str, Recommender],
    histories: Histories,
    *,
    k: int,
    seen: Mapping[str, SeenPolicy],
    progress: Progress | None = None,
) -> dict[tuple[str, str], Ints]:
    """Return the pages (B, k) of every policy and system, item rows with -1 for none; each history is scored once."""
    items = max((len(model.items_) for model in recommenders.values()), default=1)
    step = max(1, _CELLS // max(items, 1))
    pages: dict[tuple[str, str], list[Ints]] = {(policy, name): [] for policy in seen for name in recommenders}
    for first in range(0, len(histories), step):
        batch = histories.slice(first, min(first + step, len(histories)))
        banned = {policy: rule.banned(batch) for policy, rule in seen.items()}
        for name, model in recommenders.items():
            scores = model.score(batch)
            for policy, pairs in banned.items():
                pages[policy, name].append(topk_without(scores, pairs, k=k))
        if progress:
            progress(first + len(batch), len(histories))
    empty = np.zeros((0, k), np.int32)
    return {key: np.concatenate([empty, *parts]) for key, parts in pages.items()}


def table_row(system: str, page: Ints, split: Split, *, k: int, shipped: bool = False, seed: int = 0) -> Row:
    """Measure pages (B, k) against the targets of a split, with intervals over its users."""
    line = row(system, measured(page, split.targets, k=k), shipped=shipped, seed=seed)
    covered = coverage(page, items=len(np.unique(split.train.item)))
    return Row(system, {**line.metrics, f"coverage@{k}": covered}, line.low, line.high, line.values, shipped)


def measured(page: Ints, targets: Histories, *, k: int) -> dict[str, NDArray[np.float64]]:
    """Return the metrics by user, each (B,), of pages (B, k) against targets over the same items."""
    hits, relevant = hits_of(page, targets)
    return {
        f"ndcg@{k}": ndcg_of_hits(hits, relevant, k=k),
        f"mrr@{k}": mrr(hits, k=k),
        f"recall@{k}": recall(hits, relevant, k=k),
        f"hr@{k}": hit_rate(hits, k=k),
        f"precision@{k}": precision(hits, k=k),
    }


def hits_of(page: Ints, targets: Histories) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return where pages (B, k) hold a target, (B, k), and how many distinct targets each row has, (B,).

    Targets of row -1 cannot be hit; each counts as one.
    """
    base = int(max(page.max(initial=0), targets.item.max(initial=0))) + 2
    rows = np.repeat(np.arange(len(targets)), np.diff(targets.starts))
    known = targets.item >= 0
    wanted = np.unique(rows[known] * base + targets.item[known])
    relevant = np.bincount(wanted // base, minlength=len(targets)) + np.bincount(rows[~known], minlength=len(targets))
    keys = np.arange(len(page))[:, None] * base + page
    return np.isin(keys, wanted) & (page >= 0), relevant


def _same_items(recommenders: Mapping[str, Recommender], split: Split) -> None:
    for name, model in recommenders.items():
        if model.items_ is not split.train.items and model.items_.ids != split.train.items.ids:
            raise InputError(
                f"{name} speaks of {len(model.items_)} items, the split of {len(split.train.items)} others. "
                "Fit it on split.train first."
            )
