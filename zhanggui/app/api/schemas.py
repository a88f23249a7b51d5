"""The shapes that cross HTTP, as JSON Schema, with one example each."""

from typing import Any

from zhanggui.core.event import TYPES
from zhanggui.core.request import Surface


def text(help: str) -> dict[str, Any]:
    """Return the schema of a text."""
    return {"type": "string", "description": help}


def number(help: str) -> dict[str, Any]:
    """Return the schema of a number."""
    return {"type": "number", "description": help}


def count(help: str) -> dict[str, Any]:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": help}


def flag(help: str) -> dict[str, Any]:
    """Return the schema of true or false."""
    return {"type": "boolean", "description": help}


def listed(items: dict[str, Any], help: str) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "description": help}


def mapped(values: dict[str, Any], help: str) -> dict[str, Any]:
    """Return the schema of an object with free names."""
    return {"type": "object", "additionalProperties": values, "description": help}


def record(help: str, parts: dict[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object with fixed names."""
    schema = {"type": "object", "description": help, "properties": parts}
    return {**schema, "required": list(required)} if required else schema


TEXTS = listed({"type": "string"}, "")
TIME = {"description": "ISO 8601, or epoch seconds or milliseconds", "type": ["string", "number"]}
FILES = "Paths or URLs"

PRODUCT = record(
    "A product",
    {
        "item_id": text("Its id, never reused"),
        "title": text("Main title"),
        "description": text("What it is"),
        "translations": mapped(record("", {"title": text("Title"), "description": text("Description")}), "By language"),
        "category": {
            "description": "Path from the root: a list, or text joined by ' > '",
            "oneOf": [{"type": "string"}, TEXTS],
        },
        "brand": text("Brand"),
        "price": number("In units of the currency"),
        "currency": text("ISO 4217"),
        "attributes": mapped({}, "One or more values by name"),
        "images": listed({"type": "string"}, FILES),
        "audio": listed({"type": "string"}, FILES),
        "video": listed({"type": "string"}, FILES),
        "url": text("Its page in the shop"),
        "stock": count("Pieces at hand"),
        "available": flag("Whether it is for sale; true unless said otherwise"),
        "seller_id": text("Who sells it"),
        "group_id": text("Joins variants of one thing"),
        "place": text("Where it is"),
        "created_at": TIME,
    },
    required=("item_id",),
)

EVENT = record(
    "One act of one shopper",
    {
        "user_id": text("Who"),
        "type": {"type": "string", "enum": [str(kind) for kind in TYPES], "description": "What"},
        "time": TIME,
        "item_id": text("Which product; all types but search need it"),
        "event_id": text("Sent twice, counted once; derived from the content when left out"),
        "anonymous_id": text("The device before it was known whose it is"),
        "session_id": text("One visit"),
        "order_id": text("One basket"),
        "ranking_id": text("The page that led to it"),
        "position": count("The place on that page, from zero"),
        "query": text("What was typed"),
        "surface": text("Which kind of page"),
        "device": text("On what"),
        "channel": text("Web, app, mini-program, shop"),
        "place": text("Where"),
        "value": number("Money, a rating or a share, by type"),
        "quantity": number("Pieces"),
        "text": text("Words of a review"),
        "consent": flag("Whether it may be used"),
    },
    required=("user_id", "type", "time"),
)

EVIDENCE = record(
    "What one source knows of an item; scores of different sources share no scale",
    {
        "source": text("Its name"),
        "score": number("On its own scale"),
        "facts": mapped({}, "What reasons are made from"),
    },
)

CARD = record(
    "One item of a page",
    {
        "position": count("Its place in this ranking, from zero"),
        "item_id": text("Its id"),
        "title": text("In the language asked for, where there is such a title"),
        "price": {"type": ["number", "null"]},
        "currency": text("ISO 4217"),
        "brand": text("Brand"),
        "category": TEXTS,
        "image": {"type": ["string", "null"]},
        "url": {"type": ["string", "null"]},
        "reason": text("Why it is here, in words"),
        "score": {"type": ["number", "null"], "description": "What orders this page"},
        "evidence": listed({"$ref": "#/components/schemas/Evidence"}, "With explain"),
    },
)

DROPPED = record(
    "An item that a filter kept from the page",
    {"item_id": text("Its id"), "filter": text("Which filter"), "reason": text("Why")},
)

PAGE = record(
    "One page of items",
    {
        "ranking_id": text("Give it back with the events that follow from this page"),
        "surface": {"type": "string", "enum": [str(one) for one in Surface]},
        "language": text("zh or en"),
        "total": count("How many products match"),
        "offset": count("How many were skipped"),
        "k": count("How many were asked for"),
        "items": listed({"$ref": "#/components/schemas/Card"}, "Best first"),
        "facets": mapped(
            listed(record("", {"value": text("Value"), "count": count("Products")}), ""), "Counts over all that match"
        ),
        "degraded": listed({"type": "string"}, "Parts that failed or were skipped for this page"),
        "dropped": listed({"$ref": "#/components/schemas/Dropped"}, "With explain"),
    },
)

RECEIPT = record(
    "What became of a write",
    {
        "written": count("Records committed"),
        "repeated": count("Records that were there already"),
        "rejected": listed(
            record("", {"index": count("From zero"), "message": text("Why"), "field": text("Where")}), "Set aside"
        ),
        "ignored": listed({"type": "string"}, "Fields that the contract does not know"),
        "position": count("Number of the last change"),
    },
)

ERASED = record(
    "What left the shop",
    {
        "events": count("Events"),
        "rankings": count("Pages shown"),
        "users": count("Users, counting those who have no event left"),
        "lines": count("Lines that imports had set aside"),
        "position": count("Number of the last change"),
    },
)

EXPLANATION = record(
    "Why an item is, or is not, on a shopper's page",
    {
        "user_id": text("Who"),
        "item_id": text("What"),
        "shown": flag("Whether it is on the page"),
        "rank": {"type": ["integer", "null"], "description": "Its place, from zero"},
        "reason": {"type": ["string", "null"], "description": "In words"},
        "score": {"type": ["number", "null"]},
        "evidence": listed({"$ref": "#/components/schemas/Evidence"}, "Of every source that proposed it"),
        "dropped": {"oneOf": [{"$ref": "#/components/schemas/Dropped"}, {"type": "null"}]},
        "titles": mapped({"type": "string"}, "Titles of the items that are named"),
    },
)

HEALTH = record(
    "How the shop is",
    {
        "ready": flag("Whether it answers"),
        "release": text("The Release in use"),
        "totals": mapped({"type": "integer"}, "What the Store holds"),
        "position": count("Number of the last change"),
        "lag": count("Changes not yet applied"),
        "meaning": record(
            "Items that have their vector, of those that should", {"done": count(""), "total": count("")}
        ),
        "degraded": listed({"type": "string"}, "Parts that are not well"),
        "moving": {
            "description": "The Release that is being prepared, with its items that have their vector; else null",
            "oneOf": [
                {"type": "null"},
                record(
                    "",
                    {
                        "release": text("Its name"),
                        "meaning": record("", {"done": count(""), "total": count("")}),
                    },
                ),
            ],
        },
    },
)

ERROR = record(
    "What went wrong",
    {
        "error": record(
            "",
            {
                "code": text("For machines; never changes"),
                "message": text("The fact and the value"),
                "field": text("Where"),
                "cure": text("What to do"),
                "request_id": text("Under which the server's log knows it"),
            },
            required=("code", "message"),
        )
    },
    required=("error",),
)

SCHEMAS: dict[str, Any] = {
    "Product": PRODUCT,
    "Event": EVENT,
    "ItemId": record("Names a product", {"item_id": text("Its id")}, required=("item_id",)),
    "Evidence": EVIDENCE,
    "Card": CARD,
    "Dropped": DROPPED,
    "Page": PAGE,
    "Receipt": RECEIPT,
    "Erased": ERASED,
    "Explanation": EXPLANATION,
    "Health": HEALTH,
    "Error": ERROR,
}
