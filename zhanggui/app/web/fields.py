"""The parameters of the reading routes: one table is read by GET (text), by POST (JSON) and by the reference."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zhanggui.app.web.errors import ApiError, bad_request
from zhanggui.core.request import Sort

Value = str | float | int | bool | list[str] | dict[str, list[str]]
LANGUAGES = ("zh", "en")
LONGEST = 500


class Kind(StrEnum):
    """What a parameter holds; the words are those of JSON Schema."""

    TEXT = "string"
    NUMBER = "number"
    COUNT = "integer"
    FLAG = "boolean"
    MAP = "object"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter. `many` may be given several times; texts are at most `longest` characters."""

    name: str
    kind: Kind
    help: str
    example: Value
    many: bool = False
    choices: tuple[str, ...] = ()
    longest: int = LONGEST


Q = Field("q", Kind.TEXT, "What the shopper typed; empty matches every product", "冰淇淋")
USER = Field("user", Kind.TEXT, "The shopper, for personal results and for the record", "u1", longest=256)
LANG = Field("lang", Kind.TEXT, "Language of titles and reasons", "zh", choices=LANGUAGES)
PAGING = (
    Field("k", Kind.COUNT, "How many items", 20),
    Field("offset", Kind.COUNT, "How many items to skip", 0),
    LANG,
    Field("explain", Kind.FLAG, "Whether to add the evidence of every source", False),
)
FILTERS = (
    Field("category", Kind.TEXT, "Path of a category with its subtree, joined by ' > '", "食品 > 茶", many=True),
    Field("brand", Kind.TEXT, "Brand", "狮峰", many=True),
    Field("price_min", Kind.NUMBER, "Lowest price", 10),
    Field("price_max", Kind.NUMBER, "Highest price", 99.5),
    Field("attributes", Kind.MAP, "Values by attribute; in a URL write attr.NAME=VALUE", {"产地": ["杭州"]}),
    Field("in_stock", Kind.FLAG, "Only what can be bought now", True),
)
SORT = Field("sort", Kind.TEXT, "Order of the results", "relevance", choices=tuple(Sort))
SEARCH = (Q, USER, *FILTERS, SORT, *PAGING)
RECOMMEND = (*FILTERS, *PAGING)
AROUND = (USER, *FILTERS, *PAGING)

_FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
_PYTHON: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int, float),
    Kind.COUNT: (int,),
    Kind.FLAG: (bool,),
}
_WORDS = {Kind.TEXT: "text", Kind.NUMBER: "a finite number", Kind.COUNT: "a whole number", Kind.FLAG: "true or false"}


def read_query(fields: Sequence[Field], pairs: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Read the parameters of a URL; empty ones count as not given.

    >>> read_query(SEARCH, [("q", "tea"), ("brand", "A"), ("brand", "B"), ("attr.size", "1L"), ("k", "5")])
    {'q': 'tea', 'brand': ['A', 'B'], 'attributes': {'size': ['1L']}, 'k': 5}
    """
    known = {f.name: f for f in fields}
    values: dict[str, Value] = {}
    for name, text in pairs:
        if name.startswith("attr.") and "attributes" in known:
            _add_attribute(values, name.removeprefix("attr."), text)
            continue
        field = _known(known, name)
        if field.kind is Kind.MAP:
            raise _wrong(field, text)
        if text != "":
            _add(values, field, _from_text(field, text))
    return values


def read_json(fields: Sequence[Field], content: object) -> dict[str, Value]:
    """Read the parameters of a JSON object; null counts as not given.

    >>> read_json(SEARCH, {"q": "tea", "brand": "A", "price_max": 5})
    {'q': 'tea', 'brand': ['A'], 'price_max': 5}
    """
    if not isinstance(content, dict):
        raise bad_request("The body must be a JSON object.", cure='Send for example {"q": "tea", "k": 10}.')
    known = {f.name: f for f in fields}
    values: dict[str, Value] = {}
    for name, value in content.items():
        field = _known(known, name)
        if value is None:
            continue
        if field.kind is Kind.MAP:
            values[field.name] = _map(field, value)
        else:
            for one in value if field.many and isinstance(value, list) else [value]:
                _add(values, field, _checked(field, one))
    return values


def _known(known: Mapping[str, Field], name: str) -> Field:
    if name not in known:
        names = ", ".join([*known, *(["attr.NAME"] if "attributes" in known else [])])
        raise bad_request(f"Unknown parameter {name!r}.", field=name, cure=f"Known here: {names}.")
    return known[name]


def _add(values: dict[str, Value], field: Field, value: str | float | int | bool) -> None:
    if field.many:
        earlier = values.setdefault(field.name, [])
        assert isinstance(earlier, list)
        earlier.append(str(value))
    elif field.name in values:
        raise bad_request(f"{field.name} was given more than once.", field=field.name, cure="Give it once.")
    else:
        values[field.name] = value


def _add_attribute(values: dict[str, Value], name: str, text: str) -> None:
    attributes = values.setdefault("attributes", {})
    assert isinstance(attributes, dict)
    if name and text:
        attributes.setdefault(_plain(name), []).append(_plain(text))


def _from_text(field: Field, text: str) -> str | float | int | bool:
    try:
        if field.kind is Kind.NUMBER:
            return _checked(field, float(text))
        if field.kind is Kind.COUNT:
            return _checked(field, int(text))
        if field.kind is Kind.FLAG:
            return _FLAGS[text.lower()]
    except (ValueError, KeyError):
        raise _wrong(field, text) from None
    return _checked(field, text)


def _checked(field: Field, value: object) -> str | float | int | bool:
    if isinstance(value, bool) and field.kind is not Kind.FLAG:
        raise _wrong(field, value)
    if not isinstance(value, _PYTHON[field.kind]):
        raise _wrong(field, value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(field, value)
    if isinstance(value, str):
        return _checked_text(field, value)
    assert isinstance(value, int | float), "what the table's kinds leave"
    return value


def _checked_text(field: Field, value: str) -> str:
    if field.choices and value not in field.choices:
        raise bad_request(
            f"{field.name} is {value[:60]!r}.", field=field.name, cure=f"Allowed: {', '.join(field.choices)}."
        )
    if len(value) > field.longest or "\0" in value:
        problem = f"has {len(value)} characters" if len(value) > field.longest else "holds the character NUL"
        raise bad_request(
            f"{field.name} {problem}.", field=field.name, cure=f"Allowed: up to {field.longest} characters, no NUL."
        )
    return value


def _map(field: Field, value: object) -> dict[str, list[str]]:
    if not isinstance(value, dict):
        raise _wrong(field, value)
    lists = {name: one if isinstance(one, list) else [one] for name, one in value.items()}
    if not all(isinstance(one, str) for values in lists.values() for one in values):
        raise _wrong(field, value)
    return {_plain(name): [_plain(text) for text in texts] for name, texts in lists.items()}


def _plain(text: str) -> str:
    """Refuse as a name or value of an attribute what none can be."""
    if len(text) > LONGEST or "\0" in text:
        raise bad_request(
            f"An attribute is {text[:60]!r}.", field="attributes", cure=f"Allowed: up to {LONGEST} characters, no NUL."
        )
    return text


def _wrong(field: Field, value: object) -> ApiError:
    words = 'attr.NAME=VALUE in a URL, {"NAME": ["VALUE"]} in JSON' if field.kind is Kind.MAP else _WORDS[field.kind]
    return bad_request(f"{field.name} is {str(value)[:60]!r}.", field=field.name, cure=f"Allowed: {words}.")
