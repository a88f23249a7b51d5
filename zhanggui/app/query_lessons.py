"""What the model of queries learns from: texts that people type or may type, with what the shop's search answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.app.build import current_release, fusion_of, shop_encoder
from zhanggui.app.lessons import FEWEST, Lesson, Material, Told, within
from zhanggui.app.probing import probe_index, vectors_of
from zhanggui.app.settings import Settings
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import passage
from zhanggui.core.protocols import CatalogueIndex, Encoder, Store
from zhanggui.core.request import Filters
from zhanggui.data.examples.listed import Listed, listed
from zhanggui.data.examples.pair import Pair
from zhanggui.encoders import DEFAULT, open_encoder
from zhanggui.training.teachers import SearchTeacher

RAW_A_MINUTE, PAIRS_A_MINUTE = 1_000, 200
"""Raw queries and pairs for a minute of the budget: two slow cores learn from as many in it."""

READ_A_MINUTE = 3_000
"""Raw queries that words are asked for first: of these, the ones that words answer best are learnt from."""

TEMPERATURE = 0.1
"""Of the softmax over scores by words, meaning and tokens, which lie further apart than by the former two."""

LEAST = 0.3
"""A fused score (0.6 at most with the default weight) below which search has found nothing that answers."""

_DEPTH = 100
_HELD = 300
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class QueryLessons:
    """Lists to learn from and to judge by; their rows are those of `passages`, which differ from each other.

    `known` are vectors of the passages (n, dim) by the base, None where some are not made yet.
    """

    passages: Sequence[str]
    train: Sequence[Listed]
    dev: Sequence[Listed]
    known: Floats | None = None


def gather_lists(settings: Settings, store: Store, lesson: Lesson, material: Material, *, told: Told) -> QueryLessons:
    """Ask the shop's search, as it stands, raw queries and the left texts of pairs."""
    encoder = shop_encoder(settings)
    of_item = {product.item_id: text for product in store.all_products() if (text := passage(product))}
    places = {text: row for row, text in enumerate(dict.fromkeys(of_item.values()))}
    rows = {item: places[text] for item, text in of_item.items()}
    most = max(FEWEST, round(PAIRS_A_MINUTE * lesson.minutes))
    pairs = within(material.parts.train, most, lesson.seed), within(material.parts.dev, _HELD, lesson.seed)
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as probe:
        fuse = fusion_of(current_release(settings.home))
        search = SearchTeacher(probe.index, encoder, fuse=fuse, met=probe.met, depth=_DEPTH)
        train, dev = _raw(lesson, material.asked, probe.index, told)
        asking = _Asking(search, rows, told, len(train) + len(dev) + sum(map(len, pairs)))
        lists, held = asking.lists(train, pairs[0]), asking.lists(dev, pairs[1])
    if lesson.base != DEFAULT:
        return QueryLessons(list(places), lists, held)
    base = open_encoder(DEFAULT, cache=settings.cache)
    return QueryLessons(list(places), lists, held, _known(settings, base, list(places)))


def _known(settings: Settings, encoder: Encoder, passages: Sequence[str]) -> Floats | None:
    """Return the vectors that the encoder has made of all passages, None where it has not made them all."""
    held, vectors = vectors_of(settings, {ItemId(str(row)): text for row, text in enumerate(passages)}, encoder)
    return vectors if len(held) == len(passages) else None


def _raw(lesson: Lesson, asked: Sequence[str], index: CatalogueIndex, told: Told) -> tuple[list[str], list[str]]:
    """Return raw queries to learn from and to judge by: a twentieth of them, at most as many as pairs."""
    order = np.random.default_rng(lesson.seed).permutation(len(asked))[: round(READ_A_MINUTE * lesson.minutes)]
    read = list(dict.fromkeys(asked[row] for row in order.tolist()))
    queries = _answered(read, index, most=round(RAW_A_MINUTE * lesson.minutes), told=told)
    held = min(_HELD, len(queries) // 20)
    return queries[held:], queries[:held]


def _answered(queries: Sequence[str], index: CatalogueIndex, *, most: int, told: Told) -> list[str]:
    """Return those that words answer best, in their order: a log holds much that a shop has never sold.

    Words alone are asked, which takes a tenth of what meaning takes.
    """
    if len(queries) <= most:
        return list(queries)
    scores = np.zeros(len(queries))
    for row, query in enumerate(queries):
        if row % _AT_ONCE == 0:
            told("words", row, len(queries))
        scores[row] = index.search(query, None, Filters(), limit=1).lexical.max(initial=0.0)
    return [queries[row] for row in np.sort(np.argsort(-scores, kind="stable")[:most]).tolist()]


class _Asking:
    """Search asked for lists, with progress over all of them."""

    def __init__(self, search: SearchTeacher, rows: Mapping[ItemId, int], told: Told, steps: int) -> None:
        self._search, self._rows, self._told, self._steps, self._done = search, rows, told, steps, 0

    def lists(self, raw: Sequence[str], pairs: Sequence[Pair]) -> list[Listed]:
        """Return what search answers; of pairs half is the item that they name."""
        asked: list[tuple[str, ItemId | None]] = [(text, None) for text in raw]
        asked += [(pair.left, pair.item) for pair in pairs]
        made: list[Listed] = []
        for first in range(0, len(asked), _AT_ONCE):
            some = asked[first : first + _AT_ONCE]
            self._told("queries", self._done, self._steps)
            self._done += len(some)
            for (text, own), answer in zip(some, self._search([text for text, _ in some]), strict=True):
                made.append(listed(text, answer, self._rows, temperature=TEMPERATURE, least=LEAST, own=own))
        return made
