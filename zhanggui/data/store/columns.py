"""Gather an event log into columns, in bounded extra memory: ids become small integers as they come."""

from collections.abc import Iterable, Sequence

import numpy as np

from zhanggui.core.interactions import Interactions, Ints, Vocabulary


class Codes(dict[str, int]):
    """Number ids in order of appearance.

    >>> codes = Codes(); codes["b"], codes["a"], codes["b"]
    (0, 1, 0)
    """

    def __missing__(self, key: str) -> int:
        self[key] = code = len(self)
        return code

    def of(self, ids: Sequence[str]) -> Ints:
        """Return the numbers of many ids."""
        return np.fromiter(map(self.__getitem__, ids), np.int32, len(ids))

    def ranks(self) -> Ints:
        """Return for each number the place of its id among the sorted ids."""
        order = np.fromiter(map(self.__getitem__, sorted(self)), np.int64, len(self))
        ranks = np.empty(len(self), np.int32)
        ranks[order] = np.arange(len(self), dtype=np.int32)
        return ranks


class Gatherer:
    """Take chunks of columns in order of arrival; give Interactions sorted by (user, time, arrival)."""

    def __init__(self, catalogue: Iterable[str]) -> None:
        self._users, self._items, self._baskets = Codes(), Codes(), Codes()
        for item in catalogue:
            self._items[item]
        self._chunks: list[tuple[np.ndarray, ...]] = [tuple(np.empty(0, t) for t in "i4 i4 u1 i8 i4".split())]

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Take rows of (user_id, item_id, type code, time, order_id, session_id)."""
        users, items, types, times, orders, sessions = zip(*rows, strict=True)
        n = len(rows)
        baskets = self._baskets.of([basket_key(o, s) for o, s in zip(orders, sessions, strict=True)])
        numbers = np.fromiter(types, np.uint8, n), np.fromiter(times, np.int64, n)
        self._chunks.append((self._users.of(users), self._items.of(items), *numbers, baskets))

    def result(self) -> Interactions:
        """Sort and number: both vocabularies by id, baskets by (user, kind and id of the basket)."""
        user, item, type_, time, basket = (np.concatenate(column) for column in zip(*self._chunks, strict=True))
        self._chunks.clear()
        user = self._users.ranks()[user]
        order = np.lexsort((time, user))  # stable: ties stay in order of arrival
        user, item, type_, time, basket = (c[order] for c in (user, self._items.ranks()[item], type_, time, basket))
        users, items = Vocabulary(sorted(self._users)), Vocabulary(sorted(self._items))
        return Interactions(users, items, user, item, time, type_, self._numbered(user, basket))

    def _numbered(self, user: Ints, basket: Ints) -> np.ndarray:
        key = user.astype(np.int64) * len(self._baskets) + self._baskets.ranks()[basket]
        none = basket == self._baskets.get("", -1)
        _, numbers = np.unique(key[~none], return_inverse=True)
        result = np.full(len(key), -1, np.int64)
        result[~none] = numbers
        return result


def basket_key(order_id: str, session_id: str) -> str:
    """Name the order, else the session, that an event belongs to; empty for neither.

    >>> basket_key("7", "s"), basket_key("", "7"), basket_key("", "")
    ('order 7', 'session 7', '')
    """
    return f"order {order_id}" if order_id else f"session {session_id}" if session_id else ""
