"""Gather an event log into columns, in bounded extra memory: ids become small integers as they come."""

from collections.abc import Iterable, Sequence

import numpy as np

from zhanggui.core.interactions import Interactions, Ints, Longs, Vocabulary


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
        self._users, self._items, self._orders, self._sessions = Codes(), Codes(), Codes(), Codes()
        for item in catalogue:
            self._items[item]
        kinds = (np.int32, np.int32, np.uint8, np.int64, np.int32, np.int32)
        self._chunks: list[tuple[np.ndarray, ...]] = [tuple(np.empty(0, kind) for kind in kinds)]

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Take rows of (user_id, item_id, type code, time, order_id, session_id)."""
        users, items, types, times, orders, sessions = zip(*rows, strict=True)
        numbers = np.fromiter(types, np.uint8, len(rows)), np.fromiter(times, np.int64, len(rows))
        baskets = _codes(self._orders, orders), _codes(self._sessions, sessions)
        self._chunks.append((self._users.of(users), self._items.of(items), *numbers, *baskets))

    def result(self) -> Interactions:
        """Sort and number: both vocabularies by id, baskets by user, then orders before sessions, then id."""
        user, item, type_, time, order, session = (np.concatenate(column) for column in zip(*self._chunks, strict=True))
        self._chunks.clear()
        user = self._users.ranks()[user]
        places = np.lexsort((time, user))  # stable: ties stay in order of arrival
        basket = _numbered(user, self._kinds(order, session))
        return Interactions(
            Vocabulary(sorted(self._users)),
            Vocabulary(sorted(self._items)),
            user[places],
            self._items.ranks()[item[places]],
            time[places],
            type_[places],
            basket[places],
        )

    def _kinds(self, order: Ints, session: Ints) -> Longs:
        """Return one number for the order, else the session, that sorts as they do; -1 for neither."""
        orders, sessions = (np.append(codes.ranks(), -1) for codes in (self._orders, self._sessions))  # code -1: none
        by_session = np.where(session < 0, -1, sessions[session].astype(np.int64) + len(orders))
        return np.where(order < 0, by_session, orders[order])


def _codes(codes: Codes, ids: Sequence[str]) -> Ints:
    """Return the numbers of ids, -1 for empty ones."""
    if not any(ids):
        return np.full(len(ids), -1, np.int32)
    found = codes.of(ids)
    return found if all(ids) else np.where(np.fromiter(map(bool, ids), bool, len(ids)), found, np.int32(-1))


def _numbered(user: Ints, kind: Longs) -> Longs:
    """Give each pair of user and kind a number from 0 in their order; -1 where the kind is -1."""
    some = kind >= 0
    key = user[some].astype(np.int64) * (int(kind.max(initial=0)) + 1) + kind[some]
    numbers = np.full(len(user), -1, np.int64)
    numbers[some] = np.unique(key, return_inverse=True)[1]
    return numbers
