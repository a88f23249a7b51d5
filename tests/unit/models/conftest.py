"""The maker of small logs, as a fixture: test folders are no packages."""

import numpy as np
import pytest

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Interactions, Vocabulary


def _log_of(lines, *, items=None):
    full = [(*line, *(EventType.PURCHASE, -1)[len(line) - 3 :]) for line in lines]
    users = Vocabulary(sorted({line[0] for line in full}))
    shelf = Vocabulary(items or sorted({line[2] for line in full}))
    rows = sorted(
        ((users.row(u), int(d * DAY), at, shelf.row(i), t.code, b) for at, (u, d, i, t, b) in enumerate(full)),
        key=lambda row: row[:3],
    )
    user, time, _, item, kind, basket = np.array(rows, np.int64).reshape(-1, 6).T
    return Interactions(users, shelf, user.astype(np.int32), item.astype(np.int32), time, kind.astype(np.uint8), basket)


@pytest.fixture(scope="session")
def log_of():
    """Make a log of (user, day, item[, type[, basket]]) lines; purchases without an order unless said."""
    return _log_of
