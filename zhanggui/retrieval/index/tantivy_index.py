"""The catalogue index: text in tantivy, columns and vectors in arrays, one immutable state that readers take whole."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Longs
from zhanggui.core.product import Product
from zhanggui.core.protocols import DEPTH, Change, Matches, QueryVector
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import snapshot
from zhanggui.retrieval.index.broad import SAMPLE, broad_units
from zhanggui.retrieval.index.columns import Columns, Flags, empty, updated
from zhanggui.retrieval.index.document import document
from zhanggui.retrieval.index.facets import facets
from zhanggui.retrieval.index.filters import passing
from zhanggui.retrieval.index.lexical import ByWords, Lexical, unscored
from zhanggui.retrieval.index.order import arranged, joined, near_wanted
from zhanggui.retrieval.index.row_sets import Snapshot
from zhanggui.retrieval.index.text_store import TextStore
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.query import Query, parse
from zhanggui.retrieval.vectors import Asked, KeptRows, said

_CHECKPOINT_EVERY = 50_000  # numbers of the feed: reading so many again at the next opening takes about a second


@dataclass(frozen=True, slots=True)
class _State:
    text: Snapshot
    columns: Columns


class TantivyIndex:
    """Implements `core.protocols.CatalogueIndex` on disk, for one process.

    `folder` holds `text/` (tantivy), `columns.npz` and, in a large shop, `vectors/` (of `encoder`). Whatever is lost,
    torn, or made by another version or analyser is made anew: then `position` is 0, and the feed fills it. Vectors
    that it lacks, whoever has them puts (`lacking`).
    A query vector adds at most `dense_k` products to what matches (fewer where words find enough, `order.NEAR`): the
    nearest ones, whose cosine lies `dense_threshold` standard deviations or more above the catalogue's mean.
    """

    def __init__(
        self,
        folder: Path,
        *,
        analyser: Analyser,
        dim: int,
        dense_k: int = 100,
        dense_threshold: float = 3.0,
        encoder: str = "",
    ) -> None:
        self._folder, self._analyser = folder, analyser
        self._dense_k, self.dense_threshold = dense_k, dense_threshold
        self._lock = threading.Lock()
        self._text = TextStore(folder / "text", analyser=analyser.name)
        self._lexical = Lexical()
        columns, self.position = self._opened()
        self._saved = self.position
        self._state = self._seen(columns, 0)
        texts = np.where(columns.listed, columns.meaning, 0)
        self._vectors = KeptRows(folder / "vectors", dim=dim, encoder=encoder, texts=texts)

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """Take in product changes; committed to disk and searchable when it returns."""
        products = {c.item_id: c.product for c in changes if c.kind.of_products}
        with self._lock:
            if products:
                self._write(products, position)
            elif position > self.position:
                self.position = position
            # The first one at once: else a new index that is killed soon would have to be built all over again.
            if self.position - self._saved >= _CHECKPOINT_EVERY or (self.position and not self._saved):
                self._checkpoint()

    def put_vectors(self, items: Sequence[ItemId], vectors: Floats, *, hashes: Sequence[str] = ()) -> None:
        """Give items their meaning: (n, dim) unit vectors."""
        rows = self._state.columns.rows(items)
        known = np.flatnonzero((rows >= 0) & np.append(self._state.columns.listed, False)[rows])
        texts = np.fromiter(map(said, hashes), np.int64, len(hashes))[known] if hashes else None
        self._vectors.put(rows[known], vectors[known], texts)

    def lacking(self, *, limit: int) -> tuple[ItemId, ...]:
        """Return the first items that say something and have no vector."""
        return self._state.columns.items(self._vectors.lacking(limit=limit))

    def warm(
        self, products: Callable[[Sequence[ItemId]], Mapping[ItemId, Product]], stopped: Callable[[], bool]
    ) -> int:
        """Ask once for each word that very many products have (row_sets.py): the first to ask waits up to .2 s."""
        state = self._state
        sold = np.flatnonzero(state.columns.sold)
        sample = products(state.columns.items(sold[:: max(1, len(sold) // SAMPLE)]))
        units = broad_units(sample.values(), self._analyser, products=len(sold))
        units = units[: self._lexical.sets.room(len(state.columns))][::-1]  # the last ones asked for are kept longest
        for done, unit in enumerate(units):
            if stopped():
                return done
            state = self._state
            self._lexical.holders(state.text, unit, state.columns.sold)
        return len(units)

    def meant(self) -> tuple[int, int]:
        """Return how many items have a vector, of how many that say something."""
        return self._vectors.count()

    def saying(self, hashes: Sequence[str]) -> NDArray[np.bool_]:
        """Tell for each content hash whether an item says that text."""
        columns = self._state.columns
        return np.isin(np.fromiter(map(said, hashes), np.int64, len(hashes)), columns.meaning[columns.listed])

    def search(
        self, query: str, vector: QueryVector, filters: Filters, *, sort: Sort = Sort.RELEVANCE, limit: int = DEPTH
    ) -> Matches:
        """Match words and meaning; see `matching` for which words, `order` for the order of items."""
        state = self._state
        mask = passing(state.columns, filters)
        understood = parse(query, self._analyser)
        ranked = limit if sort is Sort.RELEVANCE else 0
        words = self._by_words(state, query, understood, mask, meaning=vector is not None, limit=ranked)
        asked = self._asked(vector() if callable(vector) else vector)
        if asked is None and vector is not None:  # it did not come: words are taken more kindly
            words = self._by_words(state, query, understood, mask, meaning=False, limit=ranked)
        near = self._near(asked, mask, words.found) if asked and query.strip() else np.zeros(0, np.int64)
        matched = words.found.copy()
        matched[near] = True
        found = np.flatnonzero(matched)
        if ranked:
            rows = joined(words.best, near, limit=limit)
            scores = self._scores(state, understood, rows, words)
        else:
            rows = arranged(state.columns, found, sort, limit=limit)
            scores = self._lexical.partial(state.text, understood, rows)
        return Matches(
            state.columns.items(rows), scores, _cosines(asked, rows), len(found), facets(state.columns, found)
        )

    def nearest(self, vector: Floats, filters: Filters, *, k: int) -> list[tuple[ItemId, float]]:
        """Return the items nearest in meaning with their cosine, best first."""
        state = self._state
        rows, cosines = self._vectors.now().ask(vector).nearest(passing(state.columns, filters), k=k)
        return list(zip(state.columns.items(rows), cosines.tolist(), strict=True))

    def vector(self, item: ItemId) -> Floats | None:
        """Return an item's vector (dim,), None while it has none."""
        row, vectors = int(self._state.columns.rows([item])[0]), self._vectors.now()
        return vectors.get([row])[0] if 0 <= row < len(vectors.slot) and vectors.slot[row] >= 0 else None

    def allowed(self, items: Sequence[ItemId], filters: Filters) -> NDArray[np.bool_]:
        """Tell for each item whether it is in the catalogue, available and passes the filters."""
        columns = self._state.columns
        rows = columns.rows(items)
        known = rows >= 0
        known[known] = passing(columns, filters)[rows[known]]
        return known

    def __len__(self) -> int:
        return int(np.count_nonzero(self._state.columns.listed))

    def close(self) -> None:
        """Save what opens faster next time and give the folder free."""
        self._vectors.close()
        with self._lock:
            if self.position > self._saved:
                self._checkpoint()
            self._text.close()

    def _opened(self) -> tuple[Columns, int]:
        kept = snapshot.load(self._folder / "columns.npz")
        position = self._text.position
        if kept is None or kept[1] > position:
            # The columns go first: killed in the middle of building anew, old ones would stand beside new texts, whose
            # rows are others.
            (self._folder / "columns.npz").unlink(missing_ok=True)
            if position:
                self._text.clear()
            return empty(), 0
        return kept

    def _write(self, products: Mapping[ItemId, Product | None], position: int) -> None:
        before = self._state
        columns = updated(before.columns, products)
        rows = dict(zip(products, columns.rows(list(products)).tolist(), strict=True))
        sold = {rows[i]: document(p, self._analyser) for i, p in products.items() if p is not None and p.available}
        self._text.write(rows.values(), sold, position=max(self.position, position))
        self.position = max(self.position, position)
        changed = np.fromiter(rows.values(), np.int64, len(rows))
        self._vectors.say(changed, np.where(columns.listed[changed], columns.meaning[changed], 0))
        self._state = self._seen(columns, self._lexical.sets.written(changed))
        self._lexical.sets.tidy(self._state.text)

    def _seen(self, columns: Columns, version: int) -> _State:
        return _State(Snapshot(self._text.searcher(), version, len(columns)), columns)

    def _checkpoint(self) -> None:
        self._text.write((), {}, position=self.position)
        snapshot.save(self._folder / "columns.npz", self._state.columns, position=self.position)
        self._saved = self.position

    def _by_words(self, state: _State, text: str, query: Query, mask: Flags, *, meaning: bool, limit: int) -> ByWords:
        if query:
            return self._lexical.matches(state.text, query, state.columns.sold, mask, meaning=meaning, limit=limit)
        return unscored(mask & (not text.strip()), limit=limit)

    def _scores(self, state: _State, query: Query, rows: Longs, words: ByWords) -> Floats:
        """Return the scores of rows by words; of those that are not among the best, by the words that they have."""
        known, scores = np.isin(rows, words.best), np.zeros(len(rows), np.float32)
        order = np.argsort(words.best)
        scores[known] = words.scores[order[np.searchsorted(words.best, rows[known], sorter=order)]]
        scores[~known] = self._lexical.partial(state.text, query, rows[~known])
        return scores

    def _asked(self, vector: Floats | None) -> Asked | None:
        return self._vectors.now().ask(vector) if vector is not None else None

    def _near(self, asked: Asked, mask: Flags, found: Flags) -> Longs:
        floor = asked.floor(deviations=self.dense_threshold)
        return asked.nearest(mask, k=near_wanted(int(np.count_nonzero(found)), most=self._dense_k), floor=floor)[0]


def _cosines(asked: Asked | None, rows: Longs) -> Floats:
    return asked.cosines(rows) if asked else np.full(len(rows), np.nan, np.float32)
