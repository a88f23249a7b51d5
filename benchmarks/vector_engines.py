"""Which engine and which form of storage for vectors: faiss HNSW in fp32, fp16 and 8 bits, and zvec where installed.

python -m benchmarks.vector_engines [N]     50,000 unless told; made-up vectors (_meanings.py)

Filters by chance, and by category. faiss gets a bitmap inside the search (the selector), or is asked for more and its
answer is sieved, as the shop does; zvec filters by columns of its own. `docs/decisions/0005-vector-index.md`.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks._meanings import DIM, Meanings
from benchmarks.vector_index import Truth, recall_of, resident, truth_of
from zhanggui.core.interactions import Longs

try:
    import zvec
except ImportError:
    zvec = None

Flags = NDArray[np.bool_]
Ask = Callable[[int], Longs]
"""Gets the number of a query and returns rows, best first."""

_K, _LINKS, _BREADTH, _BATCH = 100, 16, 80, 1_000
_FAISS: Any = faiss
_SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)


@dataclass(frozen=True, slots=True)
class Given:
    """The vectors (n, dim), a number in [0, 1) for each row by which filters of any share are made, and the truth."""

    vectors: NDArray[np.float32]
    chance: NDArray[np.float64]
    truth: Truth


def main(n: int) -> None:
    """Print one table."""
    meanings = Meanings.made()
    vectors = np.concatenate([block for block, _ in meanings.blocks(n)])
    given = Given(vectors, np.random.default_rng(1).random(n), truth_of(n, meanings))
    print(f"{n:,} × {DIM}, k = {_K}, one thread a query")
    for name, quantiser in (
        ("faiss fp32", None),
        ("faiss fp16", _FAISS.ScalarQuantizer.QT_fp16),
        ("faiss 8 bit", _FAISS.ScalarQuantizer.QT_8bit),
    ):
        _faiss(name, quantiser, given)
    if zvec is None:
        print("zvec is not installed: left out (pip install zvec)")
        return
    for name, kind in (("zvec fp32", "UNDEFINED"), ("zvec fp16", "FP16"), ("zvec int8", "INT8")):
        with tempfile.TemporaryDirectory(prefix="zhanggui-zvec-") as folder:
            _zvec(name, kind, given, Path(folder) / "shop")


def _faiss(name: str, quantiser: int | None, given: Given) -> None:
    before, start, used = resident(), time.perf_counter(), time.process_time()
    _FAISS.omp_set_num_threads(2)
    if quantiser is None:
        index = _FAISS.IndexHNSWFlat(DIM, _LINKS, _FAISS.METRIC_INNER_PRODUCT)
    else:
        index = _FAISS.IndexHNSWSQ(DIM, quantiser, _LINKS, _FAISS.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BREADTH
    index.train(given.vectors[:20_000])
    index.add(given.vectors)
    _FAISS.omp_set_num_threads(1)
    cpu = time.process_time() - used
    print(f"\n{name}: built in {time.perf_counter() - start:.1f} s, {cpu:.1f} s of work, {resident() - before:.0f} MiB")
    for share in _SHARES:
        mask = given.chance < share
        bits = np.packbits(mask, bitorder="little")
        breadth = int(2 * 1.5 * _K / share)
        inside = _FAISS.SearchParametersHNSW(efSearch=breadth, sel=_FAISS.IDSelectorBitmap(bits))
        asked = given.truth.queries
        if breadth < len(mask):
            _row(f"  1 in {1 / share:.0f}, selector", given, mask, _by_selector(index, asked, inside))
            _row(f"  1 in {1 / share:.0f}, sieved", given, mask, _by_sieve(index, asked, mask, breadth))
        if share < 1:
            scan = _FAISS.SearchParameters(sel=_FAISS.IDSelectorBitmap(bits))
            storage = _FAISS.downcast_index(index.storage)
            _row(f"  1 in {1 / share:.0f}, scan of the allowed", given, mask, _by_selector(storage, asked, scan))


def _by_selector(index: Any, asked: NDArray[np.float32], options: Any) -> Ask:
    return lambda at: np.asarray(index.search(asked[at : at + 1], _K, params=options)[1][0])


def _by_sieve(index: Any, asked: NDArray[np.float32], mask: Flags, breadth: int) -> Ask:
    options = _FAISS.SearchParametersHNSW(efSearch=breadth)

    def ask(at: int) -> Longs:
        rows = index.search(asked[at : at + 1], breadth // 2, params=options)[1][0]
        return np.asarray(rows[mask[rows]][:_K])

    return ask


def _zvec(name: str, kind: str, given: Given, path: Path) -> None:
    before, start, used = resident(), time.perf_counter(), time.process_time()
    quantised = {"quantize_type": getattr(zvec.QuantizeType, kind)} if kind != "UNDEFINED" else {}
    hnsw = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=2 * _LINKS, ef_construction=_BREADTH, **quantised)
    schema = zvec.CollectionSchema(
        "shop",
        fields=[
            zvec.FieldSchema("chance", zvec.DataType.INT32, index_param=zvec.InvertIndexParam()),
            zvec.FieldSchema("category", zvec.DataType.INT32, index_param=zvec.InvertIndexParam()),
        ],
        vectors=zvec.VectorSchema("meaning", zvec.DataType.VECTOR_FP32, DIM, index_param=hnsw),
    )
    shop = zvec.create_and_open(str(path), schema)
    for at in range(0, len(given.vectors), _BATCH):
        shop.insert([_doc(given, row) for row in range(at, min(at + _BATCH, len(given.vectors)))])
    put = time.perf_counter() - start
    shop.optimize()
    shop.flush()
    disk = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / (1 << 20)
    print(
        f"\n{name}: put in {put:.1f} s, optimised after {time.perf_counter() - start:.1f} s, "
        f"{time.process_time() - used:.1f} s of work, "
        f"{resident() - before:.0f} MiB, on disk {disk:.0f} MiB"
    )
    for share in _SHARES:
        limit = f"chance < {int(1e6 * share)}" if share < 1 else None
        for breadth in (200, 400):
            _row(
                f"  1 in {1 / share:.0f}, ef {breadth}",
                given,
                given.chance < share,
                _by_zvec(shop, given, limit, breadth),
            )
    _under_load(shop, given)
    del shop
    start = time.perf_counter()
    shop = zvec.open(str(path))
    _by_zvec(shop, given, None, 200)(0)
    print(f"  opened again, first answer after {time.perf_counter() - start:.2f} s")


def _doc(given: Given, row: int) -> Any:
    fields = {"chance": int(1e6 * given.chance[row]), "category": int(given.truth.departments[row])}
    return zvec.Doc(str(row), vectors={"meaning": given.vectors[row].tolist()}, fields=fields)


def _by_zvec(shop: Any, given: Given, limit: str | None, breadth: int) -> Ask:
    param = zvec.HnswQueryParam(ef=breadth)

    def ask(at: int) -> Longs:
        query = zvec.Query("meaning", vector=given.truth.queries[at], param=param)
        found = shop.query(query, topk=_K, filter=limit, output_fields=[])
        return np.array([int(doc.id) for doc in found], np.int64)

    return ask


def _under_load(shop: Any, given: Given) -> None:
    """Ask while another thread puts products again, one at a time, about 300 a second."""
    stop, times = threading.Event(), []

    def write() -> None:
        for row in range(len(given.vectors)):
            start = time.perf_counter()
            shop.upsert(_doc(given, row))
            times.append(1000 * (time.perf_counter() - start))
            if stop.wait(0.003):
                return

    writer = threading.Thread(target=write)
    writer.start()
    _row("  none, ef 200, while products change", given, given.chance < 2, _by_zvec(shop, given, None, 200))
    stop.set()
    writer.join()
    print(f"  one upsert: p50 {np.median(times):.2f} ms, p99 {np.quantile(times, 0.99):.2f} ms")


def _row(name: str, given: Given, mask: Flags, ask: Ask) -> None:
    taken, worked, recall = [], [], []
    for at, cosines in enumerate(given.truth.cosines):
        start, used = time.perf_counter(), time.process_time()
        found = ask(at)
        worked.append(1000 * (time.process_time() - used))
        taken.append(1000 * (time.perf_counter() - start))
        recall.append(recall_of(found[found >= 0], cosines, mask, _K))
    (p50, p99), cpu = np.quantile(taken, (0.5, 0.99)), np.median(worked)
    print(
        f"{name:40s} cpu {cpu:6.2f}  p50 {p50:6.2f}  p99 {p99:6.2f} ms  recall@{_K} {np.mean(recall):.3f}", flush=True
    )


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if sys.argv[1:] else 50_000)
