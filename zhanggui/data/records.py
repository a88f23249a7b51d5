"""One record of a file or a request to a Product or an Event: the contracts of the design, in one place."""

import dataclasses
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import orjson

from zhanggui.core.errors import RecordError
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, Millis, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.data import values

Reader = Callable[[Any], Any]
EventParts = tuple[Any, ...]

_NO_EVENT = Event(EventId(""), UserId(""), EventType.VIEW, Millis(0))
_EVENT_NAMES = [field.name for field in dataclasses.fields(Event)][1:]
_EVENT_DEFAULTS = [getattr(_NO_EVENT, name) for name in _EVENT_NAMES]

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
    return Product(**_read(record, PRODUCT_FIELDS, required=("item_id",)))


def event_from(record: Mapping[str, Any]) -> Event:
    """Build an event; fields that are not of the contract are ignored. Without `event_id` its content names it.

    Raises RecordError that names the field, its value and what is allowed.

    >>> event_from({"user_id": "ann", "type": "view", "time": 1508112000, "item_id": "tea"}).time
    1508112000000
    >>> event_from({"user_id": "ann", "type": "view", "time": 1508112000})
    Traceback (most recent call last):
    zhanggui.core.errors.RecordError: item_id is missing; only a search may lack it.
    """
    given, rest = event_parts(record)
    return Event(EventId(given or derived_id(rest, content_digest(rest))), *rest)


def event_parts(record: Mapping[str, Any]) -> tuple[str, EventParts]:
    """Return the `event_id` that the record gives (else empty) and the other arguments of `Event`, in order."""
    fields = _read(record, EVENT_FIELDS, required=("user_id", "type", "time"))
    if "item_id" not in fields and fields["type"] is not EventType.SEARCH:
        raise RecordError("item_id is missing; only a search may lack it.", field="item_id")
    return fields.get("event_id", ""), tuple(map(fields.get, _EVENT_NAMES, _EVENT_DEFAULTS))


def content_digest(parts: EventParts) -> bytes:
    """Return 80 bits of BLAKE2b over an event's content."""
    return blake2b(orjson.dumps(parts), digest_size=10).digest()


def derived_id(parts: EventParts, digest: bytes, ordinal: int = 0) -> str:
    """Name an event by its content: time in hexadecimal, digest, and the ordinal among equal ones when not 0.

    The time comes first because ids that rise with the log keep the database's index of ids compact and fast.
    """
    name = f"{parts[2] & 0xFFFFFFFFFFFF:012x}{digest.hex()}"
    return f"{name}-{ordinal}" if ordinal else name


def _read(record: Mapping[str, Any], readers: Mapping[str, Reader], *, required: tuple[str, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in record.items():
        reader = readers.get(name)
        if reader is None or value is None or value == "" or value != value:
            continue
        try:
            fields[name] = reader(value)
        except ValueError as error:
            raise RecordError(f"{name} {error}.", field=name) from None
    for name in required:
        if name not in fields:
            raise RecordError(f"{name} is missing; it is required.", field=name)
    return fields


def _event_type(value: object) -> EventType:
    kind = _TYPES.get(value) if isinstance(value, str) else None
    if kind is None:
        raise ValueError(f"is {value!r}, must be one of {', '.join(EventType)}")
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
        "price": values.number,
        "stock": values.whole,
        "available": values.boolean,
        "created_at": values.moment,
        **dict.fromkeys(("title", "description", "brand", "currency", "url"), values.text),
        **dict.fromkeys(("seller_id", "group_id", "place"), values.text),
        **dict.fromkeys(("images", "audio", "video"), values.texts),
    }
)
"""How each field of a product is read."""

EVENT_FIELDS: Mapping[str, Reader] = MappingProxyType(
    {
        "event_id": values.identifier,
        "user_id": values.identifier,
        "type": _event_type,
        "time": values.moment,
        "item_id": values.identifier,
        **dict.fromkeys(("anonymous_id", "session_id", "order_id", "ranking_id", "query"), values.text),
        **dict.fromkeys(("surface", "device", "channel", "place", "text"), values.text),
        "position": values.whole,
        "value": values.number,
        "quantity": values.number,
        "consent": values.boolean,
    }
)
"""How each field of an event is read."""
