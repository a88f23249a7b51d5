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
    targets = new_targets(split.histories, split.targets)
    asked = np.flatnonzero(np.diff(targets.starts))
    what = f"only what a user took for the first time counts, which {len(asked)} did"
    return replace(
        split,
        name=f"{split.name}, new items",
        users=tuple(split.users[row] for row in asked),
        histories=split.histories.take(asked),
        targets=targets.take(asked),
        note=f"{split.note}; {what}".removeprefix("; "),
    )


def new_targets(histories: Histories, targets: Histories) -> Histories:
    """Return the targets that are not in the history of the same row, which may leave rows without any."""
    base = int(max(histories.item.max(initial=0), targets.item.max(initial=0))) + 1
    rows = np.repeat(np.arange(len(targets)), np.diff(targets.starts))
    owner = np.repeat(np.arange(len(histories)), np.diff(histories.starts))
    fresh = (targets.item < 0) | ~np.isin(rows * base + targets.item, owner * base + histories.item)
    starts = np.concatenate(([0], np.cumsum(np.bincount(rows[fresh], minlength=len(targets))))).astype(np.int64)
    return Histories(starts, targets.item[fresh], targets.time[fresh], targets.type[fresh])
