"""Questions to recommenders, made from a log: what is hidden, and what may be seen."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import InputError
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, Millis, UserId
from zhanggui.core.interactions import Histories, Interactions, Longs, Split

Stage = Literal["test", "valid"]
Mask = NDArray[np.bool_]

FEWEST = 3
"""A user needs one item to learn from, one to choose models by and one to test on."""


def leave_one_out(log: Interactions, *, stage: Stage = "test") -> Split:
    """Hide the end of each user's history s (time order, ties as they came): fit on s[:-2] in both stages.

    `test`: see s[:-1], guess s[-1]. `valid`: see s[:-2], guess s[-2]. Users with fewer than 3 items are not asked, but
    all they did stays in training.
    """
    starts = log.histories().starts
    lengths = np.diff(starts)
    asked = np.flatnonzero(lengths >= FEWEST)
    hidden = 1 if stage == "test" else 2
    target = starts[asked + 1] - hidden
    train = np.ones(len(log), bool)
    train[starts[asked + 1] - 1] = train[starts[asked + 1] - 2] = False
    learnt = log.where(train)
    histories = _pieces(log, starts[asked], target)
    targets = _pieces(log, target, target + 1, known=_known(learnt))
    return Split(
        f"leave-one-out ({stage})",
        learnt,
        tuple(UserId(log.users.ids[row]) for row in asked),
        histories,
        targets,
        f"fit on s[:-2]; see s[:-{hidden}], guess s[-{hidden}]; {len(asked)} users with {FEWEST} items or more asked, "
        f"{int(np.sum((lengths > 0) & (lengths < FEWEST)))} with fewer only learnt from; "
        "a target never seen in training is a miss",
    )


def time_split(log: Interactions, *, cut: Millis, days: int, stage: Stage = "test") -> Split:
    """Fit on all before the cut; guess what each user buys for the first time within the window of `days` from it.

    `valid` is the same with the cut moved back by one window. The targets of a user are the distinct items bought, by
    the time of their first purchase in the window; all users who bought are asked, also those without a history.
    """
    if days < 1:
        raise InputError(f"The window is {days} days long; it must be 1 or more. Say --days 28.")
    start = cut if stage == "test" else cut - days * DAY
    before = log.time < start
    window = ~before & (log.time < start + days * DAY) & (log.type == EventType.PURCHASE.code)
    learnt, bought = log.where(before), _first_of_each(log.where(window))
    if not len(learnt) or not len(bought):
        raise InputError(_empty_window(log, start, days, len(learnt)))
    rows = np.unique(bought.user)
    histories = learnt.histories().take(rows)
    targets = bought.histories().take(rows)
    targets.item[~_known(learnt)[targets.item]] = -1
    newcomers = int(np.sum(np.diff(histories.starts) == 0))
    return Split(
        f"time ({stage})",
        learnt,
        tuple(UserId(log.users.ids[row]) for row in rows),
        histories,
        targets,
        f"fit on {len(learnt)} events before the cut; guess the distinct items bought in the {days} days from it; "
        f"all {len(rows)} users who bought then are asked, {newcomers} of them without a history",
    )


def _first_of_each(log: Interactions) -> Interactions:
    """Keep the first event of each user with each item."""
    key = log.user.astype(np.int64) * max(len(log.items), 1) + log.item
    _, first = np.unique(key, return_index=True)
    mask = np.zeros(len(log), bool)
    mask[first] = True
    return log.where(mask)


def _known(learnt: Interactions) -> Mask:
    """Tell for each item whether training saw it."""
    known = np.zeros(len(learnt.items), bool)
    known[learnt.item] = True
    return known


def _pieces(log: Interactions, first: Longs, last: Longs, *, known: Mask | None = None) -> Histories:
    """Return the rows first[b]..last[b]-1 of a log as history b; items that are not known become -1."""
    lengths = last - first
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    index = np.arange(starts[-1]) + np.repeat(first - starts[:-1], lengths)
    item = log.item[index]
    item = item if known is None else np.where(known[item], item, -1).astype(np.int32)
    return Histories(starts, item, log.time[index], log.type[index])


def _empty_window(log: Interactions, start: int, days: int, learnt: int) -> str:
    span = "the log is empty"
    if len(log):
        first, last = np.array([log.time.min(), log.time.max(), start], "M8[ms]")[:2].astype("M8[D]")
        span = f"the log runs from {first} to {last}"
    what = "Nothing happened before" if not learnt else f"Nothing was bought in the {days} days from"
    cut = np.datetime64(int(start), "ms").astype("M8[D]")
    return f"{what} {cut}; {span}. Choose a --cut inside it, or import purchases: zhanggui import events FILE."
