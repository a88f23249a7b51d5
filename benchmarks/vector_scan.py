"""Exact scan of 100,000 vectors of 384 dimensions: numpy's matrix product, faiss's flat index, and the scan in use.

python benchmarks/vector_scan.py [N ...]
"""

import sys
import time
from collections.abc import Callable

import faiss
import numpy as np

from zhanggui.retrieval.vectors import RowVectors, best

_DIM, _K, _ROUNDS = 384, 100, 50


def main() -> None:
    """Print milliseconds at the median and the 99th percentile."""
    for n in map(int, sys.argv[1:] or ["10000", "100000"]):
        random = np.random.default_rng(0)
        matrix = random.standard_normal((n, _DIM)).astype(np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        query, everything = matrix[0], np.ones(n, np.bool_)
        flat = faiss.IndexFlatIP(_DIM)
        flat.add(matrix)
        rows = RowVectors.empty(_DIM).put(range(n), matrix)
        assert best(rows.cosines(query, n), everything, k=_K)[0] == 0
        ways: dict[str, Callable[[], object]] = {
            "numpy product and partition": lambda q=query, m=matrix, e=everything: best(m @ q, e, k=_K),
            "faiss IndexFlatIP": lambda q=query, f=flat: f.search(q[None], _K),
            "in use (faiss kernel, numpy selection)": lambda q=query, r=rows, e=everything: best(
                r.cosines(q, len(e)), e, k=_K
            ),
        }
        for name, way in ways.items():
            print(f"{n:>8} {name:40s} p50 %.2f  p99 %.2f ms" % _milliseconds(way))


def _milliseconds(way: Callable[[], object]) -> tuple[float, float]:
    way()
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        way()
        taken.append(1000 * (time.perf_counter() - start))
    return float(np.median(taken)), float(np.quantile(taken, 0.99))


if __name__ == "__main__":
    main()
