"""An index of its own, complete with meaning, to measure on: the one of a running server is not touched."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from zhanggui.app.blas import on_one_thread
from zhanggui.app.build import open_index
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import VECTORS
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.protocols import CatalogueIndex, Encoder, Store
from zhanggui.encoders import LateEncoder, VectorCache, Vectors, keeping
from zhanggui.engine.opening import build_index
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.fusion import Met

Tick = Callable[[int, int], None]

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Probe:
    """An index of the whole catalogue; how items meet a query's tokens, None where the encoder tells of none."""

    index: CatalogueIndex
    met: Met | None = None


@contextmanager
def probe_index(settings: Settings, store: Store, encoder: Encoder | None, *, tick: Tick) -> Iterator[Probe]:
    """Build an index of the whole catalogue in a folder that is forgotten; wait until all vectors are in it.

    Vectors and tokens that the shop has made already are used, new ones are kept for it.
    """
    with tempfile.TemporaryDirectory(prefix="zhanggui-") as folder:
        index = open_index(Path(folder), settings, Analyser(), dim=encoder.dim if encoder else 0)
        build_index(store, index)
        if encoder is None:
            yield Probe(index)
            return
        keeper, cache = keeping(encoder, settings.home / VECTORS)
        with closing(cache):
            _fill(index, store, keeper, cache, tick)
            yield Probe(index, _met(store, keeper) if isinstance(keeper, LateEncoder) else None)


def _met(store: Store, late: LateEncoder) -> Met:
    def met(query: str, items: Sequence[ItemId]) -> Floats:
        products = store.products(items)
        texts = [passage(products[item]) if item in products else "" for item in items]
        scores = late.score(query, texts)
        return late.score(query, texts) if late.read_missing(most=len(texts)) else scores

    return met


def vectors_of(settings: Settings, passages: Mapping[ItemId, str], encoder: Encoder) -> tuple[list[ItemId], Floats]:
    """Return the items whose passages have a vector in the shop's cache, and these vectors (n, dim)."""
    items = list(passages)
    with closing(VectorCache(settings.home / VECTORS, encoder=encoder.name, dim=encoder.dim)) as cache:
        found, vectors = cache.get([content_hash(passages[item]) for item in items])
    return [item for item, known in zip(items, found.tolist(), strict=True) if known], vectors[found]


def _fill(index: CatalogueIndex, store: Store, encoder: Encoder, cache: Vectors, tick: Tick) -> None:
    sharers: dict[str, list[ItemId]] = {}
    for product in store.all_products():
        if text := passage(product):
            sharers.setdefault(text, []).append(product.item_id)
    texts = iter(sharers)
    done = 0
    with on_one_thread():  # the encoder has all cores
        while batch := list(islice(texts, _BATCH)):
            vectors = _vectors(batch, encoder, cache)
            items = [item for text in batch for item in sharers[text]]
            index.put_vectors(items, np.repeat(vectors, [len(sharers[text]) for text in batch], axis=0))
            done += len(batch)
            tick(done, len(sharers))


def _vectors(texts: Sequence[str], encoder: Encoder, cache: Vectors) -> Floats:
    hashes = [content_hash(text) for text in texts]
    found, vectors = cache.get(hashes)
    if not found.all():
        missing = np.flatnonzero(~found).tolist()
        cache.put([hashes[row] for row in missing], encoder.passages([texts[row] for row in missing]))
        _, vectors = cache.get(hashes)
    return vectors
