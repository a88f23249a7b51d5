"""Dataclasses of the core to rows of the database and back."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import orjson

from zhanggui.core.candidate import Ranking
from zhanggui.core.event import TYPES, Event
from zhanggui.core.ids import ItemId, Millis, RankingId, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.core.request import Surface

Row = tuple[Any, ...]

_PLAIN = tuple("title description brand price currency url stock available seller_id group_id place created_at".split())
_LISTS = ("category", "images", "audio", "video")
_DEFAULTS = Product(ItemId(""))
_NONE: Mapping[str, Any] = MappingProxyType({})
_TAIL = attrgetter(
    *("time item_id anonymous_id session_id order_id ranking_id position query".split()),
    *("surface device channel place value quantity text".split()),
)


def product_body(product: Product) -> str:
    """Write a product as JSON without its id and without defaults; equal products give equal text."""
    body = {name: value for name in _PLAIN if (value := getattr(product, name)) != getattr(_DEFAULTS, name)}
    body |= {name: list(value) for name in _LISTS if (value := getattr(product, name))}
    if product.attributes:
        body["attributes"] = {name: list(values) for name, values in product.attributes.items()}
    if product.translations:
        body["translations"] = {key: [t.title, t.description] for key, t in product.translations.items()}
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def product_of(item_id: str, body: str) -> Product:
    """Read what `product_body` wrote.

    >>> tea = Product(ItemId("t"), title="tea", attributes={"size": ("8 oz",)})
    >>> product_body(tea)
    '{"attributes":{"size":["8 oz"]},"title":"tea"}'
    >>> product_of("t", product_body(tea)) == tea
    True
    """
    fields = orjson.loads(body)
    for name in _LISTS:
        if name in fields:
            fields[name] = tuple(fields[name])
    if "attributes" in fields:
        fields["attributes"] = {name: tuple(values) for name, values in fields["attributes"].items()}
    if "translations" in fields:
        fields["translations"] = {key: Translation(*words) for key, words in fields["translations"].items()}
    for name in ("attributes", "translations"):
        fields.setdefault(name, _NONE)  # one for all: the default would make a new one for each product
    return Product(ItemId(item_id), **fields)


def event_row(position: int, event: Event) -> Row:
    """Return the values of the table `events`, in the order of its columns."""
    consent = None if event.consent is None else int(event.consent)
    return (position, event.event_id, event.user_id, event.type.code, *_TAIL(event), consent)


def event_of(row: Sequence[Any]) -> Event:
    """Read a row of the table `events`."""
    consent = None if row[19] is None else bool(row[19])
    values: Row = (*row[1:3], TYPES[row[3]], *row[4:19], consent)
    return Event(*values)


def ranking_row(ranking: Ranking) -> Row:
    """Return the values of the table `rankings`, in the order of its columns."""
    lists = (orjson.dumps(x).decode() for x in (ranking.items, ranking.scores, ranking.propensities))
    tail = (ranking.user_id, ranking.query, ranking.release, ranking.policy)
    return (ranking.ranking_id, ranking.surface.value, ranking.time, *lists, *tail)


def ranking_of(row: Sequence[Any]) -> Ranking:
    """Read a row of the table `rankings`."""
    items, scores, propensities = (tuple(orjson.loads(text)) for text in row[3:6])
    head = (RankingId(row[0]), Surface(row[1]), Millis(row[2]))
    return Ranking(*head, items, scores, propensities, UserId(row[6]), *row[7:10])
