"""Amazon reviews (McAuley lab), editions of 2014, 2018 and 2023: reviews and catalogue as JSON lines, ratings as CSV.

A review is an event `rate`: its stars as `value`, its words as `text`. The catalogue of 2014 writes Python dictionaries
instead of JSON: such lines are read as literals, nothing in them is run. In 2023 products are `parent_asin`.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from zhanggui.data.importing.amazon_ratings import read_ratings
from zhanggui.data.importing.batch import Batch, Record
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.jsonl import read_objects
from zhanggui.data.importing.kinds import EVENTS, PRODUCTS
from zhanggui.data.importing.literals import literal
from zhanggui.data.importing.public_set import Part, PublicSet
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.translated import translated

CURRENCY = "USD"
_PRICE = re.compile(r"\s*(?:from\s*)?\$?\s*(\d[\d,]*(?:\.\d+)?)\s*(?:[-–]\s*\$?\s*[\d.,]+\s*)?$", re.IGNORECASE)
_DETAIL = str | int | float


def _reviews(source: Source) -> Iterator[Batch]:
    return translated(read_objects(source, _line), review)


def _catalogue(source: Source) -> Iterator[Batch]:
    return translated(read_objects(source, _line), product)


def _line(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return literal(raw)


def review(row: Record) -> Record:
    """Turn a review of any edition into an event.

    >>> event = review({"reviewerID": "A1", "asin": "B1", "overall": 5.0, "unixReviewTime": 1400000000})
    >>> event["type"], event["value"], event["time"]
    ('rate', 5.0, 1400000000)
    """
    words = [row.get("summary") or row.get("title"), row.get("reviewText") or row.get("text")]
    return {
        "user_id": _first(row, "user_id", "reviewerID"),
        "type": "rate",
        "time": _first(row, "timestamp", "unixReviewTime"),
        "item_id": _first(row, "parent_asin", "asin"),
        "value": _first(row, "rating", "overall"),
        "text": "\n".join(word for word in words if isinstance(word, str) and word.strip()),
    }


def product(row: Record) -> Record:
    """Turn a line of any edition's catalogue into a product.

    >>> product({"asin": "B1", "price": "$1,299.00", "categories": [["Home", "Tea"], ["Gifts"]]})["category"]
    ['Home', 'Tea']
    """
    details = row.get("details") if isinstance(row.get("details"), Mapping) else {}
    return {
        "item_id": _first(row, "parent_asin", "asin"),
        "title": _clean(row.get("title")),
        "description": "\n".join(_texts(row.get("description")) + _texts(_first(row, "features", "feature"))),
        "category": _category(row),
        "brand": _clean(_first(row, "brand", "store")) or _clean((details or {}).get("Brand")),
        "price": _price(row.get("price")),
        "currency": CURRENCY if _price(row.get("price")) is not None else "",
        "attributes": {k: v for k, v in (details or {}).items() if isinstance(v, _DETAIL) and v != ""},
        "images": _images(row),
    }


def _first(row: Mapping[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _clean(value: object) -> str:
    return " ".join(html.unescape(value).split()) if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    return [text for text in map(_clean, parts) if text]


def _category(row: Record) -> list[str]:
    """Return the first path: 2014 has a list of paths, 2018 and 2023 one path; else the department."""
    found = _first(row, "categories", "category") or []
    path = found[0] if isinstance(found, list) and found and isinstance(found[0], list) else found
    return _texts(path) or _texts(row.get("main_category"))


def _price(value: object) -> object:
    """Return a price, the lower one of a span; None for what is none ("None", "—", scraps of a page).

    >>> _price("$1,299.00"), _price("$5.00 - $9.00"), _price("from 7.5"), _price(3), _price(".a-box{}")
    ('1299.00', '5.00', '7.5', 3, None)
    """
    if not isinstance(value, str):
        return value
    found = _PRICE.match(value) if len(value) < 100 else None
    return found[1].replace(",", "") if found else None


def _images(row: Record) -> list[str]:
    """Return addresses, the largest picture of each: 2023 lists maps of sizes, 2018 lists addresses, 2014 has one."""
    found = _first(row, "images", "imageURLHighRes", "imageURL", "imUrl") or []
    parts = found if isinstance(found, list) else [found]
    chosen = (_first(part, "hi_res", "large", "thumb") if isinstance(part, Mapping) else part for part in parts)
    return [address for address in chosen if isinstance(address, str) and address]


@FORMATS.add("amazon-reviews")
def _amazon() -> Format:
    return PublicSet(
        "amazon-reviews",
        (
            Part(PRODUCTS, "*meta*.json*", _catalogue),
            Part(EVENTS, "*.json*", _reviews),
            Part(EVENTS, "*.csv", read_ratings),
        ),
    )
