"""Read one value of a record as the contract wants it. Each reader takes what JSON, CSV and Parquet hold.

A reader raises ValueError with the fact and what is allowed; who knows the field's name makes a RecordError of it.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from zhanggui.core.ids import Millis

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(r"\s*\d{4}-|\s*\d{8}T")
_TRUE = frozenset(("true", "yes", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "n", "f", "0"))
_SECONDS_BELOW = 100_000_000_000
"""A number below this is seconds (to the year 5138), from it on milliseconds (from March 1973)."""

_YEAR_1, _YEAR_10000 = -62_135_596_800_000, 253_402_300_800_000
"""In milliseconds: what a calendar can write."""

LONGEST_ID = 256
"""Characters; the API asks for no longer ones, and databases index ids up to a few kilobytes."""

LONGEST_LABEL = 500

LONGEST_TEXT = 1_000_000
HIGHEST_PRICE = 1e12

_INT_BITS = 63


def is_missing(value: object) -> bool:
    """Tell whether a value stands for nothing: null, empty text or NaN."""
    return value is None or value == "" or value != value


def text(value: object) -> str:
    """Read text; numbers are written out, a whole one without a fraction.

    >>> text(" tea "), text(7), text(7.0)
    ('tea', '7', '7')
    """
    if type(value) is str:
        plain = value.isascii() and "\0" not in value and len(value) <= LONGEST_TEXT
        return value.strip() if plain else _unicode(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"is {shown(value)}, must be text")
    if isinstance(value, str):
        return _unicode(value)
    return str(int(value) if math.isfinite(value) and value == int(value) else value)


def identifier(value: object) -> str:
    """Read an id: text of 1 to 256 characters."""
    name = _short(value, LONGEST_ID)
    if not name:
        raise ValueError("is empty, must be an id")
    return name


def label(value: object) -> str:
    """Read text that names something: of at most 500 characters."""
    return _short(value, LONGEST_LABEL)


def _short(value: object, longest: int) -> str:
    name = text(value)
    if len(name) > longest:
        raise ValueError(f"has {len(name):,} characters ({shown(name)}), must have at most {longest}")
    return name


def number(value: object) -> float:
    """Read a finite number, also from text with a point (commas may part thousands).

    >>> number("1,299.50"), number(3)
    (1299.5, 3.0)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"is {shown(value)}, must be a number")
    try:
        result = float(value.replace(",", "") if isinstance(value, str) and _THOUSANDS.fullmatch(value) else value)
    except (ValueError, OverflowError):
        raise ValueError(f"is {shown(value)}, must be a number") from None
    if not math.isfinite(result):
        raise ValueError(f"is {shown(value)}, must be finite")
    return result


def price(value: object) -> float:
    """Read a price: a number from 0 to 10¹².

    >>> price("9.90")
    9.9
    """
    result = number(value)
    if not 0 <= result <= HIGHEST_PRICE:
        raise ValueError(f"is {shown(value)}, must be from 0 to {HIGHEST_PRICE:.0f}")
    return result


def whole(value: object) -> int:
    """Read a whole number of at most 64 bits.

    >>> whole("12"), whole(12.0)
    (12, 12)
    """
    result = value if type(value) is int else number(value)
    if result != int(result) or int(result).bit_length() > _INT_BITS:
        raise ValueError(f"is {shown(value)}, must be a whole number of at most 64 bits")
    return int(result)


def boolean(value: object) -> bool:
    """Read true or false, 1 or 0, yes or no."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"is {shown(value)}, must be true or false")
    return word in _TRUE


def moment(value: object) -> Millis:
    """Read ISO 8601 (without a zone: UTC) or an epoch, in seconds or milliseconds by its magnitude.

    >>> moment("2017-10-16"), moment(1508112000), moment("1508112000000"), moment("2017-10-16T08:00:00+08:00")
    (1508112000000, 1508112000000, 1508112000000, 1508112000000)
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip()) if _DATE.match(value) else float(value)
        except ValueError:
            raise ValueError(f"is {shown(value)}, must be ISO 8601 or an epoch") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return _bounded(round(aware.timestamp() * 1000), value)
    epoch = number(value)
    return _bounded(round(epoch * 1000 if abs(epoch) < _SECONDS_BELOW else epoch), value)


def _bounded(millis: int, value: object) -> Millis:
    if not _YEAR_1 <= millis < _YEAR_10000:
        raise ValueError(f"is {shown(value)}, must be seconds or milliseconds since 1970, in the years 1 to 9999")
    return Millis(millis)


def path(value: object) -> tuple[str, ...]:
    """Read a category: a list of levels, or text with " > ".

    >>> path("Food > Tea"), path(["Food", "Tea"])
    (('Food', 'Tea'), ('Food', 'Tea'))
    """
    levels = [value] if isinstance(value, str) and not value.startswith("[") else texts(value)
    return tuple(part for level in levels for part in map(text, str(level).split(" > ")) if part)


def texts(value: object) -> tuple[str, ...]:
    """Read a list: as it is, as JSON, or parted by "|".

    >>> texts('["a", "b"]'), texts("a|b"), texts(["a"])
    (('a', 'b'), ('a', 'b'), ('a',))
    """
    if isinstance(value, str):
        value = _json(value) if value.startswith("[") else value.split("|")
    if not isinstance(value, list | tuple):
        raise ValueError(f"is {shown(value)}, must be a list")
    return tuple(word for part in value if not is_missing(part) and (word := text(part)))


def attributes(value: object) -> dict[str, tuple[str, ...]]:
    """Read a map from a name to one value or a list of them; numbers and booleans are written out.

    >>> attributes('{"size": ["S", "M"], "organic": true, "colour": null}')
    {'size': ('S', 'M'), 'organic': ('true',)}
    """
    found = {text(name): _values(values) for name, values in mapping(value).items()}
    return {name: values for name, values in found.items() if name and values}


def mapping(value: object) -> Mapping[str, Any]:
    """Read a map, also from JSON text."""
    value = _json(value) if isinstance(value, str) else value
    if not isinstance(value, Mapping):
        raise ValueError(f"is {shown(value)}, must be a map")
    return value


def _values(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list | tuple) else [value]
    words = (str(p).lower() if isinstance(p, bool) else text(p) for p in parts if not is_missing(p))
    return tuple(word for word in words if word)


def _json(value: str) -> object:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ValueError(f"is {shown(value)}, must be JSON") from None


def _unicode(value: str) -> str:
    try:
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"has {len(value):,} characters, must have at most {LONGEST_TEXT:,}")
        if b"\0" not in value.encode():  # databases refuse it
            return value.strip()
    except UnicodeEncodeError:
        pass
    raise ValueError(f"is {shown(value)}, must be Unicode without NUL and lone surrogates")


def shown(value: object) -> str:
    """Return a value as an error may quote it: in one short line that a terminal can show."""
    value = value[:100] if isinstance(value, str) else value
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
