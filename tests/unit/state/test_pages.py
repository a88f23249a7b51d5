import random

import numpy as np
import pytest

from zhanggui.state.pages import Held, Pages


@pytest.mark.parametrize("seed", range(30))
def test_pages_hold_what_lists_would(seed):
    rng, pages, owners = random.Random(seed), Pages(), [(Held(), []) for _ in range(4)]
    for step in range(200):
        at = rng.randrange(len(owners))
        held, rows = owners[at]
        move = rng.choice(("append", "append", "append", "drop", "release", "anew"))
        if move == "append":
            pages.append(held, step, -step)
            rows.append([step, -step])
        elif move == "drop" and rows:
            pages.drop_first(held)
            del rows[0]
        elif move == "release":
            pages.release(held)
            rows.clear()
        elif move == "anew":
            pages.release(held)
            owners[at] = (pages.hold(np.array(rows, np.int64).reshape(-1, 2)), rows)
        assert all(pages.rows(held).tolist() == rows and len(held) == len(rows) for held, rows in owners)
    assert sum(len(rows) for _, rows in owners) <= 8 * len(pages) <= sum(len(rows) + 14 for _, rows in owners)


def test_pages_that_were_taken_back_are_given_again():
    pages, owners = Pages(), [Held() for _ in range(50)]
    for turn in range(40):
        for held in owners:
            for n in range(9 + turn % 3):
                pages.append(held, turn, n)
        assert len(pages) == 100
        for held in owners:
            pages.release(held)
    assert len(pages) == 0 and len(pages._pages) == 4096


def test_an_owner_of_a_bounded_number_of_rows_takes_a_bounded_number_of_pages():
    pages, held = Pages(), Held()
    for n in range(1000):
        pages.append(held, n, n)
        if len(held) > 20:
            pages.drop_first(held)
    assert pages.rows(held)[:, 0].tolist() == list(range(980, 1000)) and len(pages) <= 4


def test_more_pages_than_there_was_room_for():
    pages = Pages()
    owners = [pages.hold(np.full((1, 2), n)) for n in range(9000)]
    assert [int(pages.rows(held)[0, 0]) for held in owners] == list(range(9000))
