"""From parameters to a request for a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from zhanggui.app.web.errors import bad_request
from zhanggui.app.web.fields import Value
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Filters, Request, Sort, Surface

LONGEST_ID = 256


@dataclass(frozen=True, slots=True)
class Call:
    """A request for a page and whether the evidence is wanted with it."""

    request: Request
    explain: bool = False


def make_call(
    surface: Surface, values: Mapping[str, Value], settings: ApiSettings, *, user: str = "", item: str = ""
) -> Call:
    """Return the call that the parameters describe; `user` and `item` come from the path.

    >>> make_call(Surface.SEARCH, {"q": "tea", "category": ["food > tea"]}, ApiSettings()).request.filters.categories
    (('food', 'tea'),)
    """
    k, offset = cast(int, values.get("k", 20)), cast(int, values.get("offset", 0))
    _within("k", k, 1, settings.max_k)
    _within("offset", offset, 0, settings.max_offset)
    request = Request(
        surface,
        user=UserId(check_id("user", user or str(values.get("user", "")))),
        query=str(values.get("q", "")),
        item=ItemId(item),
        filters=make_filters(values),
        sort=Sort(str(values.get("sort", Sort.RELEVANCE))),
        k=k,
        offset=offset,
        language=str(values.get("lang", settings.language)),
    )
    return Call(request, bool(values.get("explain", False)))


def make_filters(values: Mapping[str, Value]) -> Filters:
    """Return the filters among the parameters."""
    attributes = cast(dict[str, list[str]], values.get("attributes", {}))
    low, high = cast(float | None, values.get("price_min")), cast(float | None, values.get("price_max"))
    if low is not None and high is not None and low > high:
        raise bad_request(f"price_min {low:g} is above price_max {high:g}.", field="price_min", cure="Swap them.")
    paths = (category_path(text) for text in cast(list[str], values.get("category", [])))
    return Filters(
        categories=tuple(path for path in paths if path),
        brands=tuple(cast(list[str], values.get("brand", []))),
        price_min=low,
        price_max=high,
        attributes=tuple((name, tuple(wanted)) for name, wanted in attributes.items() if wanted),
        in_stock=bool(values.get("in_stock", False)),
    )


def category_path(text: str) -> tuple[str, ...]:
    """Read a path joined by " > ".

    >>> category_path("food > tea")
    ('food', 'tea')
    """
    return tuple(part for part in (piece.strip() for piece in text.split(" > ")) if part)


def check_id(name: str, value: str) -> str:
    """Return an id from a path, or refuse what no id can be (longer than 256 characters, or holding NUL)."""
    if len(value) > LONGEST_ID or "\0" in value:
        raise bad_request(f"{name} is no id.", field=name, cure=f"Allowed: up to {LONGEST_ID} characters, no NUL.")
    return value


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise bad_request(f"{name} is {value}.", field=name, cure=f"Allowed: {low} to {high}.")
