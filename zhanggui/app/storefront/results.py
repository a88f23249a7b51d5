"""The page of search results: facets, chips, sorting, paging."""

from math import ceil

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.cards import cards_of
from zhanggui.app.storefront.facets import chips, groups, is_filter
from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.place import Place
from zhanggui.app.storefront.visitor import Visitor
from zhanggui.app.storefront.words import words_in
from zhanggui.app.web.calls import make_filters
from zhanggui.app.web.errors import bad_request
from zhanggui.app.web.fields import FILTERS, SORT, Field, Kind, Q, read_query
from zhanggui.core.request import Request, Sort, Surface

PER_PAGE, NEAR, SUGGESTED = 24, 2, 8
PAGE = Field("page", Kind.COUNT, "Page of the results, from 1", 1)
FIELDS = (Q, *FILTERS, SORT, PAGE)


def results_page(frame: Frame, request: HttpRequest) -> Response:
    """Return the results for the conditions in the address."""
    visitor = frame.visitor(request)
    place = Place(tuple((n, v) for n, v in request.query_params.multi_items() if n != "lang" and v.strip()))
    values = read_query(FIELDS, place.pairs)
    number = int(str(values.get("page", 1)))
    last_allowed = frame.settings.max_offset // PER_PAGE + 1
    if not 1 <= number <= last_allowed:
        raise bad_request(f"page is {number}.", field="page", cure=f"Allowed: 1 to {last_allowed}.")
    query = str(values.get("q", ""))
    page = frame.shop.page(
        Request(
            Surface.SEARCH,
            user=visitor.user,
            query=query,
            filters=make_filters(values),
            sort=Sort(str(values.get("sort", Sort.RELEVANCE))),
            k=PER_PAGE,
            offset=(number - 1) * PER_PAGE,
            language=visitor.language,
        )
    )
    say = words_in(visitor.language)
    return frame.show(
        request,
        visitor,
        "results.html",
        query=query,
        place=place,
        cards=cards_of(page),
        total=page.total,
        groups=groups(page.facets, place, say),
        chips=chips(place, say),
        cleared=place.without(*(name for name, _ in place.pairs if is_filter(name))).url,
        sorts=[(sort, place.only("sort", sort).url, sort == page.request.sort) for sort in Sort],
        pager=_pager(place, number, min(ceil(page.total / PER_PAGE), last_allowed)),
        number=number,
        suggested=[] if page.items else _suggested(frame, visitor),
    )


def _suggested(frame: Frame, visitor: Visitor) -> object:
    return cards_of(frame.shop.page(frame.ask(Surface.TRENDING, visitor, k=SUGGESTED)))


def _pager(place: Place, number: int, last: int) -> list[tuple[int, str]]:
    """Return the pages to link: the first, the last and those near by, as (number, address)."""
    near = range(max(1, number - NEAR), min(last, number + NEAR) + 1)
    numbers = sorted({1, *near, last} - {0}) if last > 1 else []
    return [(n, place.at_page(n).url) for n in numbers]
