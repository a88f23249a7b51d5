"""Names as small integers: brands, values of attributes, nodes of the category tree.

Append-only, so that arrays made earlier keep their meaning while later ones are being made.
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhanggui.retrieval.index.growing import appended

K = TypeVar("K", bound=Hashable)
Path = tuple[str, ...]


class Names(Generic[K]):
    """Map keys to codes in order of first sight.

    >>> names = Names(["a"])
    >>> names.code("b"), names.code("a"), names.find("c"), names[1]
    (1, 0, -1, 'b')
    """

    def __init__(self, keys: Iterable[K] = ()) -> None:
        self._keys = list(keys)
        self._codes = {key: code for code, key in enumerate(self._keys)}

    def code(self, key: K) -> int:
        """Return the code of a key, new if need be."""
        found = self._codes.get(key)
        if found is None:
            found = len(self._keys)
            self._keys.append(key)
            self._codes[key] = found
        return found

    def find(self, key: K) -> int:
        """Return the code of a key, or -1."""
        return self._codes.get(key, -1)

    def __getitem__(self, code: int) -> K:
        return self._keys[code]

    def __len__(self) -> int:
        return len(self._keys)

    def take(self, codes: Iterable[int]) -> list[K]:
        """Return the keys of many codes."""
        return list(map(self._keys.__getitem__, codes))

    def keys(self) -> list[K]:
        """Return all keys by code."""
        return list(self._keys)


class Tree:
    """Category paths as codes; a node's code is above its parent's.

    >>> tree = Tree()
    >>> tree.code(("food", "tea")), tree.parents().tolist(), tree.subtree([("food",)]).tolist()
    (1, [-1, 0], [True, True])
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.nodes: Names[Path] = Names()
        self._parents: list[int] = []
        self._known = np.zeros(0, np.int32)
        self._levels: list[NDArray[np.int64]] = []
        for path in paths:
            self.code(path)

    def code(self, path: Path) -> int:
        """Return the code of a path, new (with its ancestors) if need be; -1 for the empty path."""
        found = self.nodes.find(path)
        if found >= 0 or not path:
            return found
        parent = self.code(path[:-1])
        code = self.nodes.code(path)
        self._parents.append(parent)
        return code

    def parents(self) -> NDArray[np.int32]:
        """Return each node's parent, -1 for roots."""
        known = self._known
        if len(known) < len(self._parents):
            self._known = known = np.array(self._parents, np.int32)
        return known

    def subtree(self, paths: Iterable[Path]) -> NDArray[np.bool_]:
        """Return for each node whether it lies at or below one of the paths."""
        inside = np.zeros(len(self._parents), np.bool_)
        for path in paths:
            if (code := self.nodes.find(path)) >= 0:
                inside[code] = True
        return self._downwards(inside)

    def _downwards(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        parents = self.parents()
        while True:
            grown = inside | (inside[parents] & (parents >= 0))
            if (grown == inside).all():
                return inside
            inside = grown

    def rolled_up(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return counts by node with those of all descendants added; nodes newer than the counts are left out."""
        levels, total = self._by_depth(), counts.copy()
        parents = self.parents()  # after the levels: it may know more nodes, never fewer
        for level in reversed(levels[1:]):
            level = level[level < len(total)]
            np.add.at(total, parents[level], total[level])
        return total

    def _by_depth(self) -> list[NDArray[np.int64]]:
        """Return the nodes of each depth, roots first."""
        if sum(map(len, self._levels)) < len(self._parents):
            depths = np.fromiter(map(len, self.nodes.keys()[: len(self._parents)]), np.int64)
            self._levels = [np.flatnonzero(depths == depth) for depth in range(1, int(depths.max(initial=0)) + 1)]
        return self._levels


class Values:
    """Values of attributes as codes, and the attribute that each belongs to.

    >>> values = Values([("colour", "red"), ("size", "L"), ("colour", "blue")])
    >>> values.find(("size", "L")), values.owners(3).tolist(), values.names.keys()
    (1, [0, 1, 0], ['colour', 'size'])
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.names: Names[str] = Names()
        self._pairs: Names[tuple[str, str]] = Names()
        self._owners: NDArray[np.int32] = np.zeros(0, np.int32)
        for pair in pairs:
            self.code(pair)

    def code(self, pair: tuple[str, str]) -> int:
        """Return the code of an attribute's value, new if need be."""
        self.names.code(pair[0])
        return self._pairs.code(pair)

    def find(self, pair: tuple[str, str]) -> int:
        """Return the code of an attribute's value, or -1."""
        return self._pairs.find(pair)

    def owners(self, size: int) -> NDArray[np.int32]:
        """Return the attribute of each of the first `size` codes, as a code of `names`."""
        owners = self._owners
        if len(owners) < size:
            new = (self.names.find(self._pairs[code][0]) for code in range(len(owners), size))
            self._owners = owners = appended(owners, np.fromiter(new, np.int32, size - len(owners)))
        return owners[:size]

    def take(self, codes: Iterable[int]) -> list[str]:
        """Return the values of codes, without the names of their attributes."""
        return [value for _, value in self._pairs.take(codes)]

    def keys(self) -> list[tuple[str, str]]:
        """Return all pairs by code."""
        return self._pairs.keys()

    def __len__(self) -> int:
        return len(self._pairs)
