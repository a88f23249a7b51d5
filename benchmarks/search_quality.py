"""Quality of search on the development data, through the real index and encoder, every system side by side.

    ZHANGGUI_DEV_DATA=DIR python benchmarks/search_quality.py [zh] [icecat] [--cache DIR]

Vectors are kept in the cache; the first run encodes about 30,000 titles (half an hour on two cores), later ones take
a minute. `zh`: 56 Chinese queries over 10,029 titles; `icecat`: 34 English queries over 19,406 products.
"""

import argparse
import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind, Encoder
from zhanggui.encoders import DEFAULT, LateEncoder, VectorCache, keeping, open_encoder
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.fusion import Met, SearchTable, evaluate_search, fit_threshold, measured_spread

_BATCH = 256
_TYPED = {"attr_t_", "attr_n_", "attr_b_"}


def main() -> None:
    """Print one table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["zh", "icecat"])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "zhanggui-vectors")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data = Path(os.environ["ZHANGGUI_DEV_DATA"])
    encoder = kept_encoder("", given.cache)
    for name in given.sets:
        products, judgments = {"zh": chinese, "icecat": icecat}[name](data)
        with tempfile.TemporaryDirectory() as folder:
            index = filled(Path(folder), products, encoder, given.cache)
            table = evaluate_search(index, encoder, judgments, seed=given.seed, met=met_by(encoder, products))
            print(f"\n{name}: {table.queries} queries ({table.left_out} without a relevant product left out)")
            _show(table)
            print(f"spread of cosines {measured_spread(index, encoder, list(judgments.queries.values())):.4f}")
            print(f"threshold fitted  {fit_threshold(index, encoder, judgments):.2f} deviations above the mean")
            index.close()


def kept_encoder(name: str, cache: Path) -> Encoder:
    """Open an encoder by name or folder (the built-in one without), that keeps what it reads in a folder."""
    return keeping(open_encoder(name or DEFAULT, cache=cache, threads=2), cache)[0]


def met_by(encoder: Encoder, products: Sequence[Product]) -> Met | None:
    """Return how to judge products by their tokens; None for an encoder that tells of none."""
    if not isinstance(encoder, LateEncoder):
        return None
    texts = {product.item_id: passage(product) for product in products}
    return lambda query, items: encoder.score(query, [texts[item] for item in items])


def _show(table: SearchTable) -> None:
    for row in table.rows:
        cells = (f"{m} {v:.3f} [{row.low[m]:.3f} {row.high[m]:.3f}]" for m, v in row.metrics.items() if m != "hr@10")
        print(f"{'*' if row.shipped else ' '} {row.system:42s} {'  '.join(cells)}")
    for metric, gap in table.comparison.items():
        ours, theirs = table.compared
        print(f"  {metric}: {ours} - {theirs} = {gap.difference:+.3f} [{gap.low:+.3f} {gap.high:+.3f}] p {gap.p:.3f}")
    print(f"  fitted on all: {table.fitted}")


def filled(folder: Path, products: list[Product], encoder: Encoder, cache: Path) -> TantivyIndex:
    """Return an index of all products with their vectors, those known taken from the cache."""
    index = TantivyIndex(folder, analyser=Analyser(), dim=encoder.dim)
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products, start=1)], len(products))
    late = encoder.cache if isinstance(encoder, LateEncoder) else None
    vectors = late if late is not None else VectorCache(cache, encoder=encoder.name, dim=encoder.dim)
    for batch in _batches(products):
        hashes = [content_hash(passage(product)) for product in batch]
        missing = {h: passage(p) for h, p in zip(hashes, batch, strict=True) if h not in vectors}
        if missing:
            vectors.put(list(missing), encoder.passages(list(missing.values())))
        index.put_vectors([product.item_id for product in batch], vectors.get(hashes)[1])
    if late is None:
        vectors.close()
    return index


def _batches(products: list[Product]) -> Iterator[list[Product]]:
    for first in range(0, len(products), _BATCH):
        yield products[first : first + _BATCH]


def chinese(data: Path) -> tuple[list[Product], Judgments]:
    """Return the titles of `zh_search` as products, and its judged queries."""
    folder = data / "zh_search"
    titles = [line for name in ("titles_multicpr.tsv", "titles_extra.tsv") for line in _lines(folder / name)]
    products = [Product(ItemId(line[0]), title=line[1]) for line in titles]
    grades = {line[0]: {ItemId(line[2]): float(line[3])} for line in _lines(folder / "qrels.tsv")}
    return products, Judgments({line[0]: line[1] for line in _lines(folder / "queries.tsv")}, grades)


def icecat(data: Path) -> tuple[list[Product], Judgments]:
    """Return the products of `icecat_en`, and its judged queries."""
    with gzip.open(data / "icecat_en" / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        products = [_icecat_product(json.loads(line)) for line in file]
    known = {product.item_id for product in products}
    judgments = Judgments()
    for query, item, *_, final in list(_lines(data / "icecat_en" / "ratings.tsv"))[1:]:
        judgments.queries[query] = query
        if item in known:
            judgments.grades.setdefault(query, {})[ItemId(item)] = float(final)
    return products, judgments


def _icecat_product(record: dict[str, object]) -> Product:
    attributes = {key[7:]: (_text(value),) for key, value in record.items() if key[:7] in _TYPED}
    return Product(
        ItemId(str(record["id"])),
        title=str(record["title"]),
        description=str(record.get("short_description") or ""),
        brand=str(record.get("supplier") or ""),
        attributes=attributes,
    )


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(path: Path) -> Iterable[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
