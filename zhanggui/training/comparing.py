"""Every model, the blend and the baselines on one question: what `evaluate recommend` prints and the demo reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from zhanggui.core.errors import InputError
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Floats, Histories, Interactions, Ints, Split
from zhanggui.core.protocols import Recommender
from zhanggui.data.splits import leave_one_out, time_split
from zhanggui.evaluation.bootstrap import Comparison, paired
from zhanggui.evaluation.novelty import new_only
from zhanggui.evaluation.ranking import Evaluation, hits_of, shown, table_row
from zhanggui.evaluation.rows import Row
from zhanggui.evaluation.seen import AllSeen, SeenPolicy
from zhanggui.models.blend import Blend
from zhanggui.models.bundle import Bundle
from zhanggui.models.repeat import learn_repeats
from zhanggui.training.collaborative import Categories, tuned
from zhanggui.training.members import members

SHIPPED = "zhanggui"
"""How tables call the blend, which is what the Release serves."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """One question answered by all. `comparison`: the blend against the best other, by metric, paired by user."""

    evaluation: Evaluation
    question: Split
    pages: Mapping[str, Ints]
    rival: str
    comparison: Mapping[str, Comparison]

    @property
    def hits(self) -> Ints:
        """Return how many items of the blend's page each user took, (B,)."""
        hits, _ = hits_of(self.pages[SHIPPED], self.question.targets)
        return np.asarray(hits.sum(axis=1), np.int32)


def compare_last_items(
    log: Interactions, categories: Categories, *, k: int, seed: int, progress: Progress | None = None
) -> Table:
    """Leave one out: fit on s[:-2], weigh by s[-2], test on s[-1] with s[:-1] as history; full ranking."""
    question, chosen = leave_one_out(log), leave_one_out(log, stage="valid")
    if not question.users:
        raise InputError(
            f"No user has the 3 items that leave-one-out needs ({len(log)} events with an item). "
            "Import more: zhanggui import events FILE"
        )
    blend = tuned(Blend(members(categories)), chosen, categories, seed=seed, k=k)
    policy = learn_repeats(chosen.train, categories).over(chosen.train.items, categories)
    return _table(blend, question, policy, k=k, seed=seed, progress=progress)


def compare_next_days(
    bundle: Bundle,
    log: Interactions,
    categories: Categories,
    *,
    cut: Millis,
    days: int,
    k: int,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Table]:
    """Time split for a bundle that was trained on what lies before the cut: all purchases ("all"), and "new" items."""
    question = on_items(time_split(log, cut=cut, days=days), bundle)
    policy = bundle.repeats.over(bundle.items, categories)
    total = 2 * len(question.users)
    first = _scaled(progress, 0, total)
    second = _scaled(progress, len(question.users), total)
    return {
        "all": _table(bundle.blend, question, policy, k=k, seed=seed, progress=first),
        "new": _table(bundle.fresh, new_only(question), AllSeen(), k=k, seed=seed, progress=second),
    }


def on_items(question: Split, bundle: Bundle) -> Split:
    """Say a question in the vocabulary of a bundle; items that it does not know become -1."""
    if question.train.items.ids == bundle.items.ids:
        return question
    rows = bundle.items.rows(question.train.items.ids)
    train = replace(question.train, items=bundle.items, item=rows[question.train.item])
    return replace(
        question, train=train, histories=_mapped(question.histories, rows), targets=_mapped(question.targets, rows)
    )


class _Once:
    """A member whose scores of the latest batch are kept: the blend and the table ask for the same ones."""

    def __init__(self, member: Recommender) -> None:
        self.name, self.items_, self._member = member.name, member.items_, member
        self._asked: Histories | None = None
        self._scores: Floats | None = None

    def fit(self, log: Interactions) -> Self:
        self._member.fit(log)
        return self

    def score(self, histories: Histories) -> Floats:
        if self._scores is None or self._asked is not histories:
            self._asked, self._scores = histories, self._member.score(histories)
        return self._scores

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        return self._member.because(history, item)

    def save(self, path: Path) -> None:
        self._member.save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        raise TypeError(f"{path}: only the member itself can be loaded")


def _table(blend: Blend, question: Split, policy: SeenPolicy, *, k: int, seed: int, progress: Progress | None) -> Table:
    members = [_Once(member) for member in blend.members]
    joined = Blend(members, weights=blend.weights, page=blend.page)
    joined.items_ = blend.items_
    systems: dict[str, Recommender] = {SHIPPED: joined, **{member.name: member for member in members}}
    pages = shown(systems, question.histories, k=k, seen={"": policy}, progress=progress)
    rows = {
        name: table_row(name, pages["", name], question, k=k, shipped=name == SHIPPED, seed=seed) for name in systems
    }
    rival = max((name for name in rows if name != SHIPPED), key=lambda name: rows[name].metrics[f"ndcg@{k}"])
    evaluation = Evaluation(tuple(rows.values()), len(question.users), f"{question.note}; {policy.note}")
    answers = {name: pages["", name] for name in systems}
    return Table(evaluation, question, answers, rival, _compared(rows[SHIPPED], rows[rival], seed))


def _compared(ours: Row, theirs: Row, seed: int) -> dict[str, Comparison]:
    return {name: paired(ours.values[name], theirs.values[name], seed=seed) for name in ours.values}


def _mapped(histories: Histories, rows: Ints) -> Histories:
    known = histories.item >= 0
    item = histories.item.copy()
    item[known] = rows[histories.item[known]]
    return replace(histories, item=item)


def _scaled(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)


def named(items: Ints, bundle_items: Sequence[str]) -> list[ItemId]:
    """Return the ids of item rows, without the -1 that fill a short page."""
    return [ItemId(bundle_items[row]) for row in items.tolist() if row >= 0]
