"""A grocer small enough to train within a second."""

import numpy as np
import pytest

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, ItemId
from zhanggui.core.interactions import Interactions, Vocabulary

STAPLES, TREATS, UNSOLD = [f"staple{n}" for n in range(8)], [f"treat{n}" for n in range(24)], "unsold"


@pytest.fixture(scope="session")
def grocer():
    """Sixty households shop weekly for half a year: each has three staples of its own, and tries treats of its half."""
    random = np.random.default_rng(7)
    shelf = Vocabulary(sorted([*STAPLES, *TREATS, UNSOLD]))
    lines = []
    for household in range(60):
        mine = random.choice(8, 3, replace=False)
        half = TREATS[:12] if household % 2 else TREATS[12:]
        for week in range(26):
            time = (7 * week + household % 7) * DAY
            goods = [STAPLES[n] for n in mine if random.random() < 0.8] + [half[int(random.integers(12))]]
            lines += [(household, shelf.row(item), time, 100 * household + week) for item in goods]
    user, item, time, basket = np.array(lines, np.int64).T
    users = Vocabulary(f"h{n:02}" for n in range(60))
    types = np.full(len(lines), EventType.PURCHASE.code, np.uint8)
    return Interactions(users, shelf, user.astype(np.int32), item.astype(np.int32), time, types, basket)


@pytest.fixture(scope="session")
def categories():
    return {ItemId(name): (("food", "staple") if name in STAPLES else ("food", "treat")) for name in STAPLES + TREATS}
