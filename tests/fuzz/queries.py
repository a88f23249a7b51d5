"""Fuzz what a request may carry: parameters in the URL, JSON in the body, filters, ids. Only an ApiError may come out.

The first byte of an input chooses the parameters and the way they come; the rest is the query string or the body.
"""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

from tests.fuzz.fuzzing import Target, fuzz

WAYS = 6
QUERIES = (
    "q=tea&category=food+%3E+tea&category=a&brand=x&price_min=1&price_max=2.5&attr.size=1L&attr.size=2L&in_stock=1",
    "q=&user=u1&sort=price_asc&k=10&offset=5&lang=en&explain=true",
    "k=1e3&k=2&offset=-1&price_min=nan&price_max=inf&in_stock=maybe&attr.=x&attr.a=",
    "q=%00&q=%ff&unknown=1&k=%D9%A1",
)
BODIES = (
    {"user_id": "a", "type": "view", "time": "2017-10-16", "item_id": 7, "value": "1,299.5", "consent": "yes"},
    {"item_id": "t", "category": "a > b", "attributes": {"x": [1, None]}, "translations": {"en": {"title": "t"}}},
    {"item_id": "t", "images": "a|b", "stock": 3.0, "created_at": 1e12, "available": 0, "price": -1},
    {"q": "tea", "category": ["a > b"], "brand": "x", "price_min": 1, "attributes": {"a": ["b"]}, "in_stock": True},
    {"q": None, "k": 10, "offset": 0, "sort": "relevance", "lang": "zh", "explain": False, "user": "u"},
    {"k": 1.5, "q": 7, "attributes": {"a": {"b": 1}}, "brand": [[]], "price_min": "1"},
    [1, 2],
)


def seeds() -> Iterator[bytes]:
    for way in range(WAYS):
        for query in QUERIES:
            yield bytes((way,)) + query.encode()
        for body in BODIES:
            yield bytes((way,)) + json.dumps(body, ensure_ascii=False).encode()


def make() -> Target:
    from zhanggui.app.web.calls import check_id, make_call
    from zhanggui.app.web.errors import ApiError
    from zhanggui.app.web.fields import AROUND, RECOMMEND, SEARCH, read_json, read_query
    from zhanggui.app.web.settings import ApiSettings
    from zhanggui.core.errors import RecordError
    from zhanggui.core.request import Surface
    from zhanggui.data.records import event_from, product_from
    from zhanggui.retrieval.text.analyser import Analyser

    settings, analyser = ApiSettings(), Analyser()
    analyser.tokens("warm 茶")
    tables = ((SEARCH, Surface.SEARCH), (RECOMMEND, Surface.FOR_YOU), (AROUND, Surface.TRENDING))

    def read(way: int, data: bytes) -> None:
        fields, surface = tables[way % 3]
        if way < 3:
            values = read_query(fields, parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
        else:
            values = read_json(fields, json.loads(data))
        call = make_call(surface, values, settings)
        assert 1 <= call.request.k <= settings.max_k and 0 <= call.request.offset <= settings.max_offset
        analyser.tokens(call.request.query)
        check_id("item_id", call.request.query)

    def write(data: bytes) -> None:
        record = json.loads(data)
        for build in (event_from, product_from) if isinstance(record, dict) else ():
            try:
                build(record)
            except RecordError as error:
                assert len(str(error)) < 1000

    def target(data: bytes) -> None:
        for work in (lambda: read(data[0] % WAYS if data else 0, data[1:]), lambda: write(data[1:])):
            try:
                work()
            except (ApiError, json.JSONDecodeError, UnicodeDecodeError, RecursionError):
                continue

    return target


if __name__ == "__main__":
    fuzz(make, seeds)
