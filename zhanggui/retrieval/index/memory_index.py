"""The plainest thing that answers like the real index: dictionaries, loops and the formulas as they stand in books.

It is the oracle of the tests and the double for other layers' tests. Text analysis, the reading of queries and the
choice of step are shared with the real index; everything else is written a second time.
"""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.candidate import Facet
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import DEPTH, Change, Matches, QueryVector
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index.bm25 import Postings
from zhanggui.retrieval.index.document import FILLER, Document, document
from zhanggui.retrieval.index.facets import attribute_facets, ordered
from zhanggui.retrieval.index.matching import Step, choose, tokens_of
from zhanggui.retrieval.index.order import near_wanted
from zhanggui.retrieval.index.schema import WEIGHTS, scoring_tokens
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.query import Query, Unit, parse


class MemoryIndex:
    """Implements `core.protocols.CatalogueIndex` by looking at every product each time, one caller after the other."""

    def __init__(self, *, analyser: Analyser, dim: int, dense_k: int = 100, dense_threshold: float = 3.0) -> None:
        self.position = 0
        self._analyser, self._dim = analyser, dim
        self._dense_k, self._dense_threshold = dense_k, dense_threshold
        self._places: dict[ItemId, int] = {}
        self._products: dict[ItemId, Product] = {}
        self._documents: dict[ItemId, Document] = {}
        self._vectors: dict[ItemId, Floats] = {}
        self._lock = threading.Lock()

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """Take in product changes."""
        with self._lock:
            self._apply(changes, position)

    def _apply(self, changes: Sequence[Change], position: int) -> None:
        for change in changes:
            if not change.kind.of_products:
                continue
            self._places.setdefault(change.item_id, len(self._places))
            before = self._products.pop(change.item_id, None)
            self._documents.pop(change.item_id, None)
            if change.product is None or before is None or passage(before) != passage(change.product):
                self._vectors.pop(change.item_id, None)
            if change.product is not None:
                self._products[change.item_id] = change.product
                self._documents[change.item_id] = document(change.product, self._analyser)
        self.position = max(self.position, position)

    def put_vectors(self, items: Sequence[ItemId], vectors: Floats, *, hashes: Sequence[str] = ()) -> None:
        """Give items their meaning."""
        with self._lock:
            for at, (item, vector) in enumerate(zip(items, vectors, strict=True)):
                product = self._products.get(item)
                if product and (not hashes or content_hash(passage(product)) == hashes[at]):
                    self._vectors[item] = np.array(vector, np.float32)

    def lacking(self, *, limit: int) -> tuple[ItemId, ...]:
        """Return the first items that say something and have no vector."""
        with self._lock:
            return tuple(item for item in self._speaking() if item not in self._vectors)[:limit]

    def warm(
        self, products: Callable[[Sequence[ItemId]], Mapping[ItemId, Product]], stopped: Callable[[], bool]
    ) -> int:
        """Do nothing: every word is as fast as any other."""
        return 0

    def meant(self) -> tuple[int, int]:
        """Return how many items have a vector, of how many that say something."""
        with self._lock:
            return sum(item in self._vectors for item in self._speaking()), len(self._speaking())

    def saying(self, hashes: Sequence[str]) -> NDArray[np.bool_]:
        """Tell for each content hash whether an item says that text."""
        with self._lock:
            known = {content_hash(passage(product)) for product in self._products.values()}
        return np.array([name in known for name in hashes], np.bool_)

    def search(
        self, query: str, vector: QueryVector, filters: Filters, *, sort: Sort = Sort.RELEVANCE, limit: int = DEPTH
    ) -> Matches:
        """Match words and meaning."""
        vector = vector() if callable(vector) else vector
        with self._lock:
            return self._search(query, vector, filters, sort=sort, limit=limit)

    def _search(self, query: str, vector: Floats | None, filters: Filters, *, sort: Sort, limit: int) -> Matches:
        understood = parse(query, self._analyser)
        words = self._by_words(understood, meaning=vector is not None) if understood else set()
        lexical = [i for i in self._sold() if (i in words or not query.strip()) and _passes(self._products[i], filters)]
        cosines = {} if vector is None else {i: float(v @ vector) for i, v in self._vectors.items()}
        most = near_wanted(len(lexical), most=self._dense_k)
        near = self._near(cosines, filters)[:most] if query.strip() else []
        scores = self._scores(understood) if understood else {}
        lexical.sort(key=lambda item: (-scores.get(item, 0.0), self._places[item]))
        matched = list(dict.fromkeys((*lexical, *near)))
        items = _joined(lexical, near, limit) if sort is Sort.RELEVANCE else self._arranged(matched, sort)
        return Matches(
            tuple(items[:limit]),
            np.array([scores.get(item) or np.nan for item in items[:limit]], np.float32),
            np.array([cosines.get(item, np.nan) for item in items[:limit]], np.float32),
            len(matched),
            _facets([self._products[item] for item in matched]),
        )

    def nearest(self, vector: Floats, filters: Filters, *, k: int) -> list[tuple[ItemId, float]]:
        """Return the items nearest in meaning with their cosine, best first."""
        with self._lock:
            found = [i for i in self._sold() if i in self._vectors and _passes(self._products[i], filters)]
            cosines = {item: float(self._vectors[item] @ vector) for item in found}
        return sorted(cosines.items(), key=lambda pair: (-pair[1], self._places[pair[0]]))[:k]

    def vector(self, item: ItemId) -> Floats | None:
        """Return an item's vector, None while it has none."""
        return self._vectors.get(item)

    def allowed(self, items: Sequence[ItemId], filters: Filters) -> NDArray[np.bool_]:
        """Tell for each item whether it is in the catalogue, available and passes the filters."""
        with self._lock:
            sold = set(self._sold())
            return np.array([item in sold and _passes(self._products[item], filters) for item in items], np.bool_)

    def __len__(self) -> int:
        return len(self._products)

    def _sold(self) -> list[ItemId]:
        return sorted((i for i, p in self._products.items() if p.available), key=self._places.__getitem__)

    def _speaking(self) -> list[ItemId]:
        return [item for item in self._places if item in self._products and passage(self._products[item])]

    def _by_words(self, query: Query, *, meaning: bool) -> set[ItemId]:
        def found(step: Step) -> set[ItemId]:
            return {item for item in self._sold() if self._matches(self._documents[item], step, query)}

        def holders(unit: Unit) -> int:
            return sum(_holds(self._documents[item], unit) for item in self._sold())

        return found(choose(query, lambda s: len(found(s)), holders, products=len(self._sold()), meaning=meaning))

    def _matches(self, document: Document, step: Step, query: Query) -> bool:
        held = sum(_holds(document, unit) for unit in step.units)
        phrases = all(_stands(document, phrase) for phrase in query.phrases)
        return held >= step.needed and phrases and not any(_holds(document, unit) for unit in query.excluded)

    def _scores(self, query: Query) -> dict[ItemId, float]:
        """Return BM25 as a share of the ideal, for each product that has a token of the query."""
        sold = [self._documents[item] for item in self._sold()]
        fields = {
            "title": Postings([document.title for document in sold], filler=FILLER),
            "all": Postings([document.everything for document in sold], filler=FILLER),
        }
        total, ideal = np.zeros(len(sold)), 0.0
        for token, times in scoring_tokens(query):
            for field, weight in WEIGHTS:
                total += weight * times * fields[field].score(token)
                ideal += weight * times * fields[field].idf(token)
        return {
            item: score / max(ideal, 1e-9) for item, score in zip(self._sold(), total.tolist(), strict=True) if score
        }

    def _near(self, cosines: dict[ItemId, float], filters: Filters) -> list[ItemId]:
        if not cosines:
            return []
        values = np.array(list(cosines.values()))
        asked = min(self._dense_threshold, 0.35 * math.sqrt(len(values)))
        floor = values.mean() + asked * values.std() if len(values) > 1 else -math.inf
        near = (item for item in self._sold() if item in cosines and cosines[item] >= floor)
        found = [item for item in near if _passes(self._products[item], filters)]
        return sorted(found, key=lambda item: (-cosines[item], self._places[item]))

    def _arranged(self, items: list[ItemId], sort: Sort) -> list[ItemId]:
        def key(item: ItemId) -> tuple[float, int]:
            product, place = self._products[item], self._places[item]
            if sort is Sort.NEWEST:
                return (math.inf if product.created_at is None else -product.created_at, place)
            sign = 1 if sort is Sort.PRICE_UP else -1
            return (math.inf if product.price is None else sign * product.price, place)

        return sorted(items, key=key)


def _joined(lexical: list[ItemId], dense: list[ItemId], limit: int) -> list[ItemId]:
    head = min(limit, DEPTH)
    share = min(len(dense), max(head - len(lexical), head // 2))
    both = lexical[: head - share], dense[:share], lexical[head - share :], dense[share:]
    return list(dict.fromkeys(item for part in both for item in part))


def _holds(document: Document, unit: Unit) -> bool:
    has_terms = bool(unit.terms) and all(token in document.everything for token in tokens_of(unit))
    return has_terms or (bool(unit.phrase) and _stands(document, unit.phrase))


def _stands(document: Document, phrase: Sequence[str]) -> bool:
    """Whether the atoms of a phrase follow each other in one text."""
    size = len(phrase)
    return any(atoms[at : at + size] == tuple(phrase) for atoms in document.atoms for at in range(len(atoms)))


def _passes(product: Product, filters: Filters) -> bool:
    price = product.price
    return (
        (not filters.categories or any(product.category[: len(path)] == path for path in filters.categories))
        and (not filters.brands or product.brand in filters.brands)
        and (filters.price_min is None or (price is not None and price >= filters.price_min))
        and (filters.price_max is None or (price is not None and price <= filters.price_max))
        and all(set(values) & set(product.attributes.get(name, ())) for name, values in filters.attributes)
        and (not filters.in_stock or product.in_stock)
    )


def _facets(products: list[Product]) -> tuple[Facet, ...]:
    paths = Counter(" > ".join(p.category[:depth]) for p in products for depth in range(1, len(p.category) + 1))
    brands = Counter(product.brand for product in products if product.brand)
    attributes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for product in products:
        for name, values in product.attributes.items():
            attributes[name].update(set(values))
    found = [Facet(name, ordered(counts)) for name, counts in (("category", paths), ("brand", brands)) if counts]
    return (*found, *attribute_facets(attributes))
