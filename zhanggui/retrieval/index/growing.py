"""Arrays whose versions share memory: what is new is written behind the ends of those that readers hold.

Only the latest version may be made longer; an older one that was would write over its successor. Where a value that a
reader may see changes, the array is copied.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Longs

Array = NDArray[Any]
_ROOM = 64


def longer(array: Array, n: int, missing: object) -> Array:
    """Return the array with `missing` behind it up to length n, in the same memory if it has room."""
    if n <= len(array):
        return array
    room = _room(array)
    buffer = room if len(room) >= n else _copied(array, n + n // 2 + _ROOM)
    buffer[len(array) : n] = missing
    return buffer[:n]


def appended(array: Array, values: Array) -> Array:
    """Return the array with values behind it.

    >>> first = appended(np.zeros(0, np.int32), np.array([1, 2]))
    >>> appended(first, np.array([3])).tolist(), first.tolist()
    ([1, 2, 3], [1, 2])
    """
    grown = longer(array, len(array) + len(values), 0)
    grown[len(array) :] = values
    return grown


def replaced(array: Array, n: int, rows: Longs, values: Array, missing: object) -> Array:
    """Return the array at length n >= len(array) with values put at rows; copied only if a value in it changes."""
    grown, inside = longer(array, n, missing), rows < len(array)
    new, old = values[inside], array[rows[inside]]
    same = (new == old) | ((new != new) & (old != old))  # NaN is the value of an unknown price
    if not same.all():
        grown = _copied(grown, len(_room(grown)))[:n]
        grown[rows[inside]] = new
    grown[rows[~inside]] = values[~inside]
    return grown


def _room(array: Array) -> Array:
    """Return the whole memory that an array made here is the beginning of."""
    base = array.base
    return base if isinstance(base, np.ndarray) and base.dtype == array.dtype and base.flags.writeable else array


def _copied(array: Array, size: int) -> Array:
    copy = np.empty(size, array.dtype)
    copy[: len(array)] = array
    return copy
