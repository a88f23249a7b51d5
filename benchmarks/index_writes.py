"""What a commit of the index costs, by how many changed products it holds: processor (all threads) and wall clock.

    python -m benchmarks.index_writes [--products 200000] [--commits 40]

Whether it pays to write together what comes within a moment: `engine/projections.py` does while shoppers are here.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks._catalogue import DIM, Catalogue, batches
from zhanggui.app.allocator import calm
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

GROUPS = (1, 5, 20)


def main() -> None:
    """Build, then write groups of each size in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=5_000)
    parser.add_argument("--commits", type=int, default=40)
    given = parser.parse_args()
    calm().start()
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder), analyser=Analyser(), dim=DIM)
        known: list[Product] = []
        for batch in batches(Catalogue(given.products).products(), 5_000):
            known += batch[::10]
            write(index, batch)
        print(f"{'products':>10} {'processor':>10} {'wall':>8}   ms a commit, over {len(index):,} products")
        for size in GROUPS:
            news = [list(changed(known, size, seed=n)) for n in range(given.commits)]
            began = time.process_time(), time.perf_counter()
            for group in news:
                write(index, group)
            spent = time.process_time() - began[0], time.perf_counter() - began[1]
            processor, wall = (1000 * seconds / given.commits for seconds in spent)
            print(f"{size:>10} {processor:>10.1f} {wall:>8.1f}", flush=True)
        index.close()


def write(index: TantivyIndex, products: list[Product]) -> None:
    """Put products in one commit."""
    start = index.position
    changes = [Change(start + n, ChangeKind.PRODUCT, one.item_id, one) for n, one in enumerate(products, 1)]
    index.apply(changes, start + len(changes))


def changed(known: list[Product], count: int, *, seed: int) -> Iterator[Product]:
    """Yield products of the shop with the title of another one and a new price."""
    dice = np.random.default_rng([count, seed])
    for row, other in dice.integers(len(known), size=(count, 2)).tolist():
        yield replace(known[row], title=known[other].title, price=float(dice.integers(1, 900)))


if __name__ == "__main__":
    main()
