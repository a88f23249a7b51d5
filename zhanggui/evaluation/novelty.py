"""The harder question: what each shopper takes for the first time."""

from dataclasses import replace

import numpy as np

from zhanggui.core.interactions import Histories, Split


def new_only(split: Split) -> Split:
    """Keep the targets that are not in the shopper's history; shoppers with none left are not asked.

    >>> from zhanggui.core.interactions import Interactions, Vocabulary
    >>> log = Interactions(Vocabulary(["u"]), Vocabulary("ab"), *[np.zeros(1, np.int32)] * 5)
    >>> old = Split("time", log, ("u",), Histories.of([0]), Histories.of([0, 1]))
    >>> new_only(old).targets.item.tolist()
    [1]
    """
    old, had = split.targets, split.histories
    base = max(len(split.train.items), 1) + 1
    rows = np.repeat(np.arange(len(old)), np.diff(old.starts))
    owner = np.repeat(np.arange(len(had)), np.diff(had.starts))
    fresh = (old.item < 0) | ~np.isin(rows * base + old.item, owner * base + had.item)
    counts = np.bincount(rows[fresh], minlength=len(old))
    asked = np.flatnonzero(counts)
    starts = np.concatenate(([0], np.cumsum(counts[asked]))).astype(np.int64)
    what = f"only what a user took for the first time counts, which {len(asked)} did"
    return replace(
        split,
        name=f"{split.name}, new items",
        users=tuple(split.users[row] for row in asked),
        histories=had.take(asked),
        targets=Histories(starts, old.item[fresh], old.time[fresh], old.type[fresh]),
        note=f"{split.note}; {what}".removeprefix("; "),
    )
