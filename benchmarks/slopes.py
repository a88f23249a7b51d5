"""How time, memory and disk grow with the catalogue: a real server over homes of 10,000 products and more.

    python -m benchmarks.slopes                        10k, 30k, 100k
    python -m benchmarks.slopes --largest 1000000      … 300k, 1M: long
    python -m benchmarks.slopes --sizes 200000         these alone

The products are those of `_catalogue.py`. Their vectors are not made by the encoder, which would take hours, but
planted in its cache, around what the encoder says of each category; their tokens are those of their category. Queries
are encoded for real, each asked once.
The figures in "cpu" are what the server's processors worked: on a machine that does other things, these hold.
Prints a table; writes `slopes.csv` and `slopes.svg` to the folder `--out`.
"""

import argparse
import csv
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks._catalogue import DIM, Catalogue, batches, changed, planted
from benchmarks._slopes_chart import curves, slope
from benchmarks._slopes_server import Server, started
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.request import Filters
from zhanggui.data.store import open_store
from zhanggui.encoders import VectorCache, open_encoder
from zhanggui.encoders.onnx_encoder import OnnxEncoder
from zhanggui.encoders.token_file import TokenFile
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
CACHE = Path.home() / ".cache" / "zhanggui"
BROAD = ("white", "白色", "department", "cup", "茶杯", "white cup", "department 白色", "size-1 white")
Figures = dict[str, float]


def main() -> None:
    """Measure each size in a folder of its own, print the table, write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=100_000)
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    sizes = sorted(given.sizes or [size for size in SIZES if size <= given.largest] or [given.largest])
    encoder = open_encoder(cache=CACHE)
    if not isinstance(encoder, OnnxEncoder):
        parser.error(f"the encoder {encoder.name} tells of no tokens, and a shop's does")
    read, rows = Read(encoder, *encoder.passages_and_tokens(Catalogue(1).meanings())), list[Figures]()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(Path(folder), Catalogue(size), read, given.queries))
        print(f"{size:,} products: " + "  ".join(f"{key} {value:,.2f}" for key, value in rows[-1].items()), flush=True)
    out = given.out or Path(tempfile.mkdtemp(prefix="slopes-"))
    write(out, sizes, rows)
    print(f"\nwritten to {out}")


@dataclass(frozen=True, slots=True)
class Read:
    """What the encoder says of each category: vectors (leaves, dim), and the tokens of each."""

    encoder: OnnxEncoder
    vectors: Floats
    tokens: Sequence[Floats]


def measured(home: Path, shop: Catalogue, read: Read, count: int) -> Figures:
    """Return the figures of one size."""
    figures = {"store s": timed(lambda: fill(home, shop, read))}
    queries = shop.queries(4 * count)
    with started(home) as server:
        figures["build s"] = server.ready_after
        figures["vectors s"] = timed(server.settle)
        figures["build cpu s"] = server.cpu()
    with started(home) as server:
        figures["restart s"] = server.ready_after
        server.settle()
        figures["restart cpu s"] = server.cpu()
        server.get("/v1/search?q=warm")
        figures["memory MB"] = server.memory()
        figures |= spread("hybrid", server, queries[:count], "")
        figures |= spread("filtered", server, queries[count : 2 * count], "&in_stock=true&price_max=50")
        figures |= spread("broad", server, [*BROAD] * 6, "")
        figures |= spread("empty", server, [""] * 20, "")
        figures |= changes(server, shop)
        figures |= busy("60/s", server, queries[2 * count : 3 * count])
        with changing(server, list(islice(shop.products(), 1000))):
            figures |= busy("60/s + 20 changes/s", server, queries[3 * count :])
        figures["memory at end MB"] = server.memory()
    figures["index MB"] = disk(home / "index")
    figures["tokens MB"] = disk(home / "vectors", "*.tok")
    figures["store MB"] = disk(home, "shop.db*")
    return figures | words(home, queries[:count])


def fill(home: Path, shop: Catalogue, read: Read) -> None:
    """Put the products into the Store and their vectors and tokens into the encoder's files."""
    name, folder, first = read.encoder.name, home / "vectors", 0
    store, cache = open_store(home / "shop.db"), VectorCache(folder, encoder=name, dim=DIM)
    tokens = TokenFile(folder, encoder=name, dim=read.encoder.token_dim)
    for batch in batches(shop.products(), 5_000):
        store.put_products(batch)
        leaves, hashes = [shop.leaf(p) for p in batch], [content_hash(passage(p)) for p in batch]
        cache.put(hashes, planted(read.vectors, np.array(leaves), first=first))
        tokens.put(hashes, [read.tokens[leaf] for leaf in leaves])
        first += len(batch)
    for one in (store, cache, tokens):
        one.close()


def spread(name: str, server: Server, queries: list[str], more: str) -> Figures:
    """Return milliseconds of searches over HTTP, one after the other, and of the server's processors for each."""
    paths, before = [f"/v1/search?k=20&q={quote(query)}{more}" for query in queries], server.cpu()
    figures = quantiles(name, [1000 * timed(lambda p=path: server.get(p)) for path in paths])
    return figures | {f"{name} cpu ms": 1000 * (server.cpu() - before) / len(paths)}


def changes(server: Server, shop: Catalogue) -> Figures:
    """Return milliseconds from sending a changed product to its being searchable: the answer comes no earlier."""
    products = list(islice(shop.products(shop.size // 2), 30))
    before = server.cpu()
    taken = [1000 * timed(lambda p=p: server.put(changed(p, round=3))) for p in products]
    return quantiles("change", taken) | {"change cpu ms": 1000 * (server.cpu() - before) / len(products)}


def busy(name: str, server: Server, queries: list[str], *, rate: int = 60) -> Figures:
    """Return milliseconds of `rate` searches a second, counted from when each was due, and how many were answered."""
    paths = [f"/v1/search?k=20&q={quote(query)}" for query in queries]
    with ThreadPoolExecutor(8) as pool:
        start = time.perf_counter()
        waiting = [pool.submit(_due, server, path, start + n / rate) for n, path in enumerate(paths)]
        taken = [future.result() for future in waiting]
        seconds = time.perf_counter() - start
    return quantiles(name, taken) | {f"{name} answered": len(paths) / seconds}


@contextmanager
def changing(server: Server, products: list) -> Iterator[None]:
    """Change twenty products a second meanwhile."""
    over = threading.Event()

    def work() -> None:
        start = time.perf_counter()
        for n, product in enumerate(products):
            if over.wait(max(0.0, start + n / 20 - time.perf_counter())):
                return
            server.put(changed(product, round=n))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def words(home: Path, queries: list[str]) -> Figures:
    """Return milliseconds of the index alone, without meaning and HTTP."""
    index = TantivyIndex(home / "index", analyser=Analyser(), dim=0)
    for query in (*BROAD, *queries[:20]):
        index.search(query, None, Filters())
    before = time.process_time()
    figures = quantiles("text", [1000 * timed(lambda q=query: index.search(q, None, Filters())) for query in queries])
    figures["text cpu ms"] = 1000 * (time.process_time() - before) / len(queries)
    figures |= quantiles("facets of all", [1000 * timed(lambda: index.search("", None, Filters())) for _ in range(20)])
    index.close()
    return figures


def write(out: Path, sizes: list[int], rows: list[Figures]) -> None:
    """Write the table as CSV and the picture; print the slopes."""
    out.mkdir(parents=True, exist_ok=True)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    with (out / "slopes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["figure", *sizes, "slope"])
        print(f"\n{'':26}" + "".join(f"{size:>12,}" for size in sizes) + f"{'slope':>8}")
        for name, figures in columns.items():
            steep = slope(sizes, figures)
            table.writerow([name, *(round(figure, 3) for figure in figures), round(steep, 3)])
            print(f"{name:26}" + "".join(f"{figure:12,.2f}" for figure in figures) + f"{steep:8.2f}")
    shown = {name: figures for name, figures in columns.items() if not re.search(r"p99|/s$|at end", name)}
    if len(sizes) > 1:
        (out / "slopes.svg").write_text(curves("By number of products (s, MB, ms)", sizes, shown))


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def quantiles(name: str, millis: list[float]) -> Figures:
    """Return the median and the 99th percentile."""
    return {f"{name} p50 ms": float(np.median(millis)), f"{name} p99 ms": float(np.quantile(millis, 0.99))}


def disk(folder: Path, pattern: str = "**/*") -> float:
    """Return the size of the files of a folder, in MB."""
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file()) / 1e6


def _due(server: Server, path: str, due: float) -> float:
    time.sleep(max(0.0, due - time.perf_counter()))
    server.get(path)
    return 1000 * (time.perf_counter() - due)


if __name__ == "__main__":
    main()
