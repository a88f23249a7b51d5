"""Columns that share memory: what a reader holds stays as it was, whatever comes after."""

import numpy as np

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.retrieval.index.columns import empty, updated
from zhanggui.retrieval.index.growing import longer, replaced
from zhanggui.retrieval.index.ragged import Ragged


def product(number: int, price: float, *colours: str) -> Product:
    return Product(ItemId(f"p{number}"), title=f"{number}", price=price, attributes={"colour": colours})


def seen(columns):
    rows = np.arange(len(columns))
    return np.nan_to_num(columns.price, nan=-1).tolist(), columns.listed.tolist(), columns.values.of(rows).tolist()


def test_readers_keep_what_they_have():
    versions, expected = [empty()], [([], [], [])]
    random = np.random.default_rng(0)
    for step in range(60):
        numbers = random.choice(step + 2, random.integers(1, 4), replace=step < 3)
        products = {
            ItemId(f"p{n}"): product(n, float(step), *random.choice(list("rgb"), 2)) if random.random() < 0.8 else None
            for n in numbers.tolist()
        }
        versions.append(updated(versions[-1], products))
        expected.append(seen(versions[-1]))
    assert [seen(version) for version in versions] == expected


def test_only_columns_with_another_value_are_copied():
    before = updated(empty(), {ItemId(f"p{n}"): product(n, 1.0, "red") for n in range(100)})
    after = updated(before, {ItemId("p7"): product(7, 2.0, "red")})
    shared = {
        name for name in ("sold", "category", "meaning", "price") if np.shares_memory(*_both(before, after, name))
    }
    assert shared == {"sold", "category", "meaning"}
    assert after.values.codes is before.values.codes or np.shares_memory(after.values.codes, before.values.codes)
    assert (before.price[7], after.price[7]) == (1.0, 2.0)


def _both(before, after, name):
    return getattr(before, name), getattr(after, name)


def test_unknown_prices_are_equal_and_new_rows_go_behind():
    price = longer(np.array([1.0, np.nan]), 2, np.nan)
    same = replaced(price, 4, np.array([1, 3]), np.array([np.nan, 5.0]), np.nan)
    np.testing.assert_array_equal(same, [1.0, np.nan, np.nan, 5.0])
    longest = replaced(same, 5, np.array([4]), np.array([6.0]), np.nan)
    assert np.shares_memory(longest, same) and len(same) == 4


def test_ragged_counts_what_rows_have_now():
    random = np.random.default_rng(3)
    truth: dict[int, list[int]] = {}
    values = Ragged.flat(np.zeros(0, np.int32), np.zeros(0, np.int32))
    for _ in range(3000):
        rows = random.choice(50, random.integers(1, 5), replace=False)
        codes = [random.choice(9, random.integers(0, 4), replace=False).tolist() for _ in rows]
        truth |= dict(zip(rows.tolist(), codes, strict=True))
        values = values.put(max(len(values), int(rows.max()) + 1), rows, codes)
    assert len(values.codes) < 6000  # codes that no row has were thrown out
    for asked in (np.arange(50), np.arange(0, 50, 3), np.array([7])):
        codes, counts = values.counts(asked, 9)
        flat = [code for row in asked.tolist() for code in truth[row]]
        assert dict(zip(codes.tolist(), counts.tolist(), strict=True)) == {c: flat.count(c) for c in sorted(set(flat))}
    assert np.flatnonzero(values.holding([2, 5])).tolist() == [r for r in range(50) if {2, 5} & set(truth[r])]
