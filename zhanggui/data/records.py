"""One record of a file or a request to a Product or an Event: the contracts of the design, in one place."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from itertools import compress
from types import MappingProxyType
from typing import Any

import orjson

from zhanggui.core.errors import RecordError
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, Millis, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.data import values

Reader = Callable[[Any], Any]
Column = list[Any]
Errors = dict[int, RecordError]
"""The first error of each wrong row."""


_NO_EVENT = Event(EventId(""), UserId(""), EventType.VIEW, Millis(0))
_EVENT_DEFAULTS = {field.name: getattr(_NO_EVENT, field.name) for field in dataclasses.fields(Event)}

_TYPES = {kind.value: kind for kind in EventType} | {kind.value.upper(): kind for kind in EventType}


def product_from(record: Mapping[str, Any]) -> Product:
    """Build a product; fields that are not of the contract are ignored.

    Raises RecordError that names the field, its value and what is allowed.

    >>> product_from({"item_id": 7, "title": "tea", "category": "Food > Tea", "price": "10.5"}).category
    ('Food', 'Tea')
    >>> product_from({"item_id": "7", "price": "cheap"})
    Traceback (most recent call last):
    zhanggui.core.errors.RecordError: price is 'cheap', must be a number.
    """
    fields = _read(record, PRODUCT_FIELDS)
    if "item_id" not in fields:
        raise RecordError("item_id is missing; it is required.", field="item_id")
    return Product(**fields)


def event_from(record: Mapping[str, Any]) -> Event:
    """Build an event; fields that are not of the contract are ignored. Without `event_id` its content names it.

    Raises RecordError that names the field, its value and what is allowed.

    >>> event_from({"user_id": "ann", "type": "view", "time": 1508112000, "item_id": "tea"}).time
    1508112000000
    >>> event_from({"user_id": "ann", "type": "view", "time": 1508112000})
    Traceback (most recent call last):
    zhanggui.core.errors.RecordError: item_id is missing; only a search may lack it.
    """
    fields = _read(record, EVENT_FIELDS)
    errors: Errors = {}
    given, *rest = event_columns({name: [value] for name, value in fields.items()}, 1, errors)
    if errors:
        raise errors[0]
    parts = tuple(column[0] for column in rest)
    return Event(EventId(given[0] or derived_id(parts[2], content_digest(parts))), *parts)


def event_columns(columns: Mapping[str, Column], count: int, errors: Errors) -> list[Column]:
    """Turn columns that were read (None: missing) into those of the arguments of `Event`, `event_id` first.

    Adds to `errors` the rows that lack something required; rows with an error are left out. An `event_id` may be empty.
    """
    for name in ("user_id", "type", "time"):
        _require(columns.get(name), name, count, errors)
    for row, item in enumerate(columns.get("item_id") or [None] * count):
        if not item and row not in errors and columns["type"][row] is not EventType.SEARCH:
            errors[row] = RecordError("item_id is missing; only a search may lack it.", field="item_id")
    good = [row not in errors for row in range(count)] if errors else None
    filled = (_filled(columns.get(name), default, count) for name, default in _EVENT_DEFAULTS.items())
    return [column if good is None else list(compress(column, good)) for column in filled]


def _require(column: Column | None, name: str, count: int, errors: Errors) -> None:
    if column is None or None in column:
        for row, value in enumerate(column or [None] * count):
            if value is None:
                errors.setdefault(row, RecordError(f"{name} is missing; it is required.", field=name))


def _filled(column: Column | None, default: Any, count: int) -> Column:
    if column is None:
        return [default] * count
    return [default if value is None else value for value in column] if None in column else column


def content_digest(parts: Sequence[Any]) -> bytes:
    """Return 80 bits of BLAKE2b over an event's content: the arguments of `Event` after `event_id`."""
    return blake2b(orjson.dumps(parts), digest_size=10).digest()


def derived_id(time: Millis, digest: bytes, ordinal: int = 0) -> str:
    """Name an event by its content: time in hexadecimal, digest, and the ordinal among equal ones when not 0.

    The time comes first because ids that rise with the log keep the database's index of ids compact and fast.
    """
    name = f"{time & 0xFFFFFFFFFFFF:012x}{digest.hex()}"
    return f"{name}-{ordinal}" if ordinal else name


def _read(record: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in record.items():
        reader = readers.get(name)
        if reader is None or values.is_missing(value):
            continue
        try:
            fields[name] = reader(value)
        except ValueError as error:
            raise RecordError(f"{name} {error}.", field=name) from None
    return fields


def event_type(value: object) -> EventType:
    """Read an event's type, in small or capital letters."""
    kind = _TYPES.get(value) if isinstance(value, str) else None
    if kind is None:
        raise ValueError(f"is {values.shown(value)}, must be one of {', '.join(EventType)}")
    return kind


def _translations(value: object) -> dict[str, Translation]:
    return {values.identifier(k): _translation(v) for k, v in values.mapping(value).items() if not values.is_missing(v)}


def _translation(value: object) -> Translation:
    if isinstance(value, str):
        return Translation(values.text(value))
    words = values.mapping(value)
    return Translation(*(values.text(words.get(name) or "") for name in ("title", "description")))


PRODUCT_FIELDS: Mapping[str, Reader] = MappingProxyType(
    {
        "item_id": values.identifier,
        "translations": _translations,
        "category": values.path,
        "attributes": values.attributes,
        "price": values.price,
        "stock": values.whole,
        "available": values.boolean,
        "created_at": values.moment,
        **dict.fromkeys(("title", "description", "url"), values.text),
        **dict.fromkeys(("brand", "currency", "seller_id", "group_id", "place"), values.label),
        **dict.fromkeys(("images", "audio", "video"), values.texts),
    }
)
"""How each field of a product is read."""

EVENT_FIELDS: Mapping[str, Reader] = MappingProxyType(
    {
        "event_id": values.identifier,
        "user_id": values.identifier,
        "type": event_type,
        "time": values.moment,
        "item_id": values.identifier,
        **dict.fromkeys(("anonymous_id", "session_id", "order_id", "ranking_id"), values.label),
        **dict.fromkeys(("surface", "device", "channel", "place"), values.label),
        **dict.fromkeys(("query", "text"), values.text),
        "position": values.whole,
        "value": values.number,
        "quantity": values.number,
        "consent": values.boolean,
    }
)
"""How each field of an event is read."""
