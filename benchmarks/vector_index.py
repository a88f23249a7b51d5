"""Vectors of products: build, speed, recall against an exact scan by selectivity, memory, disk, reopening.

python -m benchmarks.vector_index [N ...]       200,000 unless told; made-up vectors, see _meanings.py
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._meanings import DIM, Meanings
from zhanggui.core.interactions import Floats, Longs
from zhanggui.retrieval.vectors import KeptRows, Policy, VectorRows

_QUERIES, _K, _ROUNDS = 100, 100, 2
_BATCH = 5_000
_ROUNDING = 1e-6  # sums in another order
_MIB = 1 << 20

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """What an exact scan in fp32 says: the cosines of each query with all rows, and the rows' departments."""

    queries: Floats
    of_query: Longs
    cosines: Floats
    departments: Longs


def main(sizes: list[int]) -> None:
    """Print a table for each size."""
    for n in sizes:
        with tempfile.TemporaryDirectory(prefix="zhanggui-vectors-") as folder:
            _measure(n, Path(folder))


def _measure(n: int, folder: Path) -> None:
    meanings, before = Meanings.made(), resident()
    kept = KeptRows(folder, dim=DIM, policy=Policy(calm=0.5))
    start, used, first = time.perf_counter(), time.process_time(), 0
    for vectors, _ in meanings.blocks(n):
        for at in range(0, len(vectors), _BATCH):
            rows = np.arange(first, first + len(vectors[at : at + _BATCH]))
            kept.say(rows, rows + 1)
            kept.put(rows, vectors[at : at + _BATCH])
            first += len(rows)
    put = time.perf_counter() - start
    while not kept.settled(timeout=3600):
        pass
    print(f"\n{n:,} × {DIM}: {type(kept.now()).__name__}")
    print(
        f"taken in {put:.1f} s, all in place after {time.perf_counter() - start:.1f} s "
        f"({time.process_time() - used:.1f} s of work, {os.cpu_count()} cores), peak {_peak() - before:.0f} MiB"
    )
    kept.close()
    start = time.perf_counter()
    kept = KeptRows(folder, dim=DIM, texts=np.arange(1, n + 1))
    while not kept.settled(timeout=3600):
        pass
    disk = sum(path.stat().st_size for path in folder.iterdir()) / _MIB if folder.exists() else 0.0
    print(
        f"opened again in {time.perf_counter() - start:.2f} s, on disk {disk:.0f} MiB, {kept.count()[0]:,} have theirs"
    )
    lacking = np.array(
        kept.lacking(limit=n), np.int64
    )  # few, or equal vectors of other texts: the shop's cache has them
    if len(lacking):
        kept.put(lacking, np.concatenate([vectors for vectors, _ in meanings.blocks(n)])[lacking])
    for query in meanings.queries(_QUERIES)[0]:
        kept.now().ask(query).nearest(np.ones(n, np.bool_), k=_K)
    print(f"resident {resident() - before:.0f} MiB more than before (mapped pages of the file included)")
    truth = truth_of(n, meanings)
    print(
        f"{'filter':52s} {'allowed':>9s} {'cpu ms':>7s} {'p50 ms':>7s} {'p99 ms':>7s} "
        f"{'@10':>6s} {'@100':>6s} {'worst':>6s}"
    )
    for name, masks in _filters(n, truth):
        _print_row(name, kept.now(), truth, masks)
        if not name.startswith("chance"):
            _print_row(f"{name}, above the floor", kept.now(), truth, masks, deviations=3.0)
    floors = [kept.now().ask(query).floor(deviations=3.0) for query in truth.queries]
    true = truth.cosines.mean(axis=1, dtype=np.float64) + 3 * truth.cosines.std(axis=1, dtype=np.float64)
    spread = truth.cosines.std(axis=1).mean()
    print(f"floor at 3 deviations: off by {np.abs(np.array(floors) - true).max() / spread:.2f} deviations at most")
    kept.close()


def truth_of(n: int, meanings: Meanings) -> Truth:
    queries, of_query = meanings.queries(_QUERIES)
    cosines, departments = np.empty((_QUERIES, n), np.float32), np.empty(n, np.int64)
    at = 0
    for vectors, of in meanings.blocks(n):
        cosines[:, at : at + len(of)], departments[at : at + len(of)] = queries @ vectors.T, of
        at += len(of)
    return Truth(queries, of_query, cosines, departments)


def _filters(n: int, truth: Truth) -> Iterator[tuple[str, list[Flags]]]:
    """Name filters, each with a mask for every query: by chance, and by what the vectors mean."""
    random = np.random.default_rng(3)
    yield "none", [np.ones(n, np.bool_)] * _QUERIES
    for one_in in (2, 5, 10, 20, 100, 1_000, 10_000, 100_000):
        if n // one_in >= 10:
            yield f"chance, 1 in {one_in:,}", [random.random(n) < 1 / one_in] * _QUERIES
    own = [truth.departments == of for of in truth.of_query]
    yield "the query's own category", own
    yield "another category", [truth.departments == (of + 1) % 40 for of in truth.of_query]
    yield "half of the categories, not its own", [(truth.departments - of) % 2 == 1 for of in truth.of_query]
    yield "all but its own category", [~mask for mask in own]


def _print_row(name: str, rows: VectorRows, truth: Truth, masks: list[Flags], *, deviations: float = -np.inf) -> None:
    """Print speed and recall; with a floor as search by words and meaning asks."""
    taken, worked, recall = [], [], []
    for _ in range(_ROUNDS):
        for query, cosines, mask in zip(truth.queries, truth.cosines, masks, strict=True):
            start, used = time.perf_counter(), time.thread_time()
            asked = rows.ask(query)
            floor = asked.floor(deviations=deviations) if np.isfinite(deviations) else -np.inf
            found, _ = asked.nearest(mask, k=_K, floor=floor)
            worked.append(1000 * (time.thread_time() - used))
            taken.append(1000 * (time.perf_counter() - start))
            recall.append([recall_of(found, cosines, mask & (cosines >= floor), k) for k in (10, _K)])
    at_10, at_100 = np.mean(recall, axis=0)
    allowed = np.mean([mask.sum() for mask in masks])
    (p50, p99), cpu = np.quantile(taken, (0.5, 0.99)), np.median(worked)
    print(
        f"{name:52s} {allowed:9.0f} {cpu:7.2f} {p50:7.2f} {p99:7.2f} {at_10:6.3f} {at_100:6.3f} {np.min(recall):6.2f}",
        flush=True,
    )


def recall_of(found: Longs, cosines: Floats, mask: Flags, k: int) -> float:
    """Return how many of the k best came; a row as near as the k-th best is one of them."""
    values = cosines[mask]
    k = min(k, len(values))
    if not k:
        return 1.0
    worst = np.partition(values, len(values) - k)[len(values) - k] - _ROUNDING
    return float(np.count_nonzero(cosines[found[:k]] >= worst) / k)


def resident() -> float:
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main([int(n.replace("_", "").replace(",", "")) for n in sys.argv[1:]] or [200_000])
