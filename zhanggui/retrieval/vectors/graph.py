"""A graph of distinct vectors (HNSW over fp16), which is made once and then only read.

One copy of the vectors serves both ways through it: from neighbour to neighbour, and the scan of a part. Sources:
Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using HNSW graphs", 2016; faiss.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.retrieval.vectors.rows import Flags
from zhanggui.retrieval.vectors.texts import SILENT

Halves = NDArray[np.float16]
Keys = NDArray[np.uint64]

_FAISS: Any = faiss  # its stubs do not know half of it
THIN, DENSE = (16, 80), (24, 120)  # M and efConstruction: docs/decisions/0005-vector-index.md
_SLICE = 1024  # vectors added between two looks at whether to stop: well under a second
_PIECE = 65_536
_KEY_SEED = 11


class Interrupted(Exception):
    """The shop closes while a graph is made."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Places of numbers: `place[i]` holds `sorted[i]`."""

    sorted: NDArray[np.generic]
    place: Ints

    @classmethod
    def of(cls, numbers: NDArray[np.generic]) -> "Lookup":
        """Return the places of these numbers."""
        place = np.argsort(numbers, kind="stable").astype(np.int32)
        return cls(numbers[place], place)

    def find(self, numbers: NDArray[np.generic]) -> Ints:
        """Return the first place of each number, -1 where it has none."""
        if not len(self.place):
            return np.full(len(numbers), -1, np.int32)
        at = np.minimum(np.searchsorted(self.sorted, numbers), len(self.place) - 1)
        return np.where(self.sorted[at] == numbers, self.place[at], np.int32(-1))


@dataclass(frozen=True, slots=True)
class Graph:
    """`codes` (n, dim) are the vectors where faiss keeps them; `texts` (n,) what each stands for (texts.py).

    `path` is the file that is mapped, None for a graph in memory.
    """

    index: Any
    codes: Halves
    texts: Longs
    by_key: Lookup
    by_text: Lookup
    path: Path | None = None

    @classmethod
    def over(cls, index: Any, texts: Longs, *, path: Path | None = None) -> "Graph":
        """Return what is needed to read an index of faiss."""
        store = _FAISS.downcast_index(index.storage)
        codes = _FAISS.rev_swig_ptr(store.codes.data(), store.codes.size()).view(np.float16).reshape(-1, index.d)
        keys = np.concatenate([keys_of(codes[at : at + _PIECE]) for at in range(0, len(codes), _PIECE)])
        return cls(index, codes, texts, Lookup.of(keys), Lookup.of(texts), path)

    def near(self, query: Floats, *, k: int, breadth: int) -> tuple[Longs, Floats]:
        """Return about the k nearest places and their cosines, best first; greater breadth finds more of them."""
        options = _FAISS.SearchParametersHNSW(efSearch=max(k, breadth))
        cosines, places = self.index.search(np.ascontiguousarray(query[None], np.float32), k, params=options)
        found = places[0] >= 0
        return places[0][found], cosines[0][found]

    def scan(self, query: Floats, allowed: Flags, *, k: int) -> tuple[Longs, Floats]:
        """Return exactly the k nearest of the allowed places (n,), and their cosines."""
        _FAISS.omp_set_num_threads(1)
        bits = np.packbits(allowed, bitorder="little")
        options = _FAISS.SearchParameters(sel=_FAISS.IDSelectorBitmap(bits))
        query = np.ascontiguousarray(query[None], np.float32)
        cosines, places = _FAISS.downcast_index(self.index.storage).search(query, k, params=options)
        found = places[0] >= 0
        return places[0][found], cosines[0][found]

    def find(self, halves: Halves, keys: Keys) -> Ints:
        """Return the places of vectors, -1 for those that are not here."""
        places = self.by_key.find(keys)
        known = np.flatnonzero(places >= 0)
        same = (self.codes[places[known]] == halves[known]).all(axis=1)
        places[known[~same]] = -1
        return places

    @property
    def dense(self) -> bool:
        """Whether it has the links of a large one."""
        return bool(self.index.hnsw.nb_neighbors(1) >= DENSE[0])

    def saying(self, texts: Longs) -> Ints:
        """Return the places of the vectors of texts, -1 for texts that are not here."""
        return np.where(texts == SILENT, np.int32(-1), self.by_text.find(texts))

    def __len__(self) -> int:
        return len(self.codes)


def new_index(dim: int, *, dense: bool) -> Any:
    """Return an empty index of faiss."""
    links, breadth = DENSE if dense else THIN
    index = _FAISS.IndexHNSWSQ(dim, _FAISS.ScalarQuantizer.QT_fp16, links, _FAISS.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = breadth
    index.train(np.zeros((1, dim), np.float32))
    return index


def growable(graph: Graph) -> Any:
    """Return a copy in memory of a graph's index of faiss, which may grow."""
    return _FAISS.read_index(str(graph.path)) if graph.path else _FAISS.clone_index(graph.index)


def grow(index: Any, slices: Iterable[Floats], *, threads: int, stopped: Callable[[], bool]) -> None:
    """Add vectors; raises Interrupted soon after `stopped` says so."""
    _FAISS.omp_set_num_threads(threads)
    for vectors in slices:
        for at in range(0, len(vectors), _SLICE):
            if stopped():
                raise Interrupted
            index.add(np.ascontiguousarray(vectors[at : at + _SLICE], np.float32))


def keys_of(halves: Halves) -> Keys:
    """Return a number for each vector (n,), equal for equal ones; different ones hardly ever share it."""
    factors = np.random.default_rng(_KEY_SEED).integers(1, 1 << 63, halves.shape[1], np.uint64)
    keys: Keys = (np.ascontiguousarray(halves).view(np.uint16).astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return keys
