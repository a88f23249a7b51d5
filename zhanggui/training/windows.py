"""Which part of a log the weights of a blend are fitted on."""

from dataclasses import replace

import numpy as np

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, Millis
from zhanggui.core.interactions import Interactions, Split, Vocabulary
from zhanggui.data.splits import FEWEST, leave_one_out, time_split

LONGEST = 28
"""Days of the validation window where the log is long enough."""

_SHARE = 5
"""The window is at most one part in so many of the log."""

_SHORTEST = 10
"""Logs of fewer days have no window: each shopper's last item is guessed instead."""


def validation(log: Interactions) -> Split | None:
    """Return the question that weights are fitted on, None where the log is too small to hide anything.

    The last 28 days (at most a fifth of the log), where there are times and purchases; else each shopper's s[-2].
    """
    days = _days(log)
    if days >= _SHORTEST and (log.type == EventType.PURCHASE.code).any():
        window = max(1, min(LONGEST, days // _SHARE))
        cut = Millis(int(log.time.max()) + 1 - window * DAY)
        if (log.type[log.time >= cut] == EventType.PURCHASE.code).any():
            return time_split(log, cut=cut, days=window)
    starts = log.histories().starts
    if len(log) and (starts[1:] - starts[:-1]).max() >= FEWEST:
        return leave_one_out(log, stage="valid")
    return None


def occurring(log: Interactions) -> Interactions:
    """Return the log over the items that occur in it: what is fitted for one question and then thrown away is smaller.

    >>> from zhanggui.core.interactions import Vocabulary
    >>> log = Interactions(Vocabulary(["u"]), Vocabulary("abc"), *[np.array([n]) for n in (0, 2, 0, 0, 0)])
    >>> occurring(log).items.ids, occurring(log).item
    (('c',), array([0], dtype=int32))
    """
    rows, item = np.unique(log.item, return_inverse=True)
    return replace(log, items=Vocabulary(log.items.ids[row] for row in rows.tolist()), item=item.astype(np.int32))


def _days(log: Interactions) -> int:
    return int((log.time.max() - log.time.min()) // DAY) if len(log) else 0
