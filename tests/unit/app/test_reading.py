"""The reading routes: what reaches the shop, what comes back, what is refused."""

import pytest

from zhanggui.core.errors import ReleaseError, StoreError
from zhanggui.core.request import Filters, Sort, Surface
from zhanggui.engine.shop import Progress


def test_search_hands_every_parameter_to_the_shop(client, shop):
    answer = client.get(
        "/v1/search",
        params=[
            ("q", "茶"),
            ("user", "u1"),
            ("category", "食品 > 茶"),
            ("category", "家居"),
            ("brand", "狮峰"),
            ("price_min", "1.5"),
            ("price_max", "200"),
            ("attr.产地", "杭州"),
            ("in_stock", "true"),
            ("sort", "price_up"),
            ("k", "5"),
            ("offset", "0"),
            ("lang", "en"),
        ],
    )
    assert answer.status_code == 200
    request = shop.requests[-1]
    assert (request.surface, request.user, request.query, request.k) == (Surface.SEARCH, "u1", "茶", 5)
    assert (request.sort, request.language) == (Sort.PRICE_UP, "en")
    assert request.filters == Filters(
        categories=(("食品", "茶"), ("家居",)),
        brands=("狮峰",),
        price_min=1.5,
        price_max=200.0,
        attributes=(("产地", ("杭州",)),),
        in_stock=True,
    )


def test_post_asks_the_same_as_get(client, shop):
    client.get("/v1/search?q=茶&brand=a&brand=b&attr.size=1L&price_max=9&in_stock=1&explain=1&user=u")
    client.post(
        "/v1/search",
        json={
            "q": "茶",
            "brand": ["a", "b"],
            "attributes": {"size": "1L"},
            "price_max": 9,
            "in_stock": True,
            "explain": True,
            "user": "u",
            "sort": None,
        },
    )
    assert shop.requests[-1] == shop.requests[-2]


@pytest.mark.parametrize(
    ("path", "surface", "user", "item"),
    [
        ("/v1/recommend/u1", Surface.FOR_YOU, "u1", ""),
        ("/v1/recommend/someone%2Fnew", Surface.FOR_YOU, "someone/new", ""),
        ("/v1/trending?user=u1", Surface.TRENDING, "u1", ""),
        ("/v1/similar/tea?user=u1", Surface.SIMILAR, "u1", "tea"),
        ("/v1/bought-together/a%2Fb%20c", Surface.BOUGHT_TOGETHER, "", "a/b c"),
    ],
)
def test_each_surface_has_its_route(client, shop, path, surface, user, item):
    assert client.get(path).status_code == 200
    request = shop.requests[-1]
    assert (request.surface, request.user, request.item) == (surface, user, item)


def test_evidence_is_given_when_asked_for(client):
    plain = client.get("/v1/search?q=龙井").json()["items"][0]
    explained = client.get("/v1/search?q=龙井&explain=true").json()["items"][0]
    assert "evidence" not in plain
    assert explained["evidence"] == [{"source": "bm25", "score": 1.5, "facts": {"users": 4}}]


def test_title_follows_the_language(client):
    titles = [client.get(f"/v1/search?q=龙井&lang={lang}").json()["items"][0]["title"] for lang in ("zh", "en")]
    assert titles == ["龙井茶", "Longjing tea"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("k=0", "k"),
        ("k=201", "k"),
        ("k=ten", "k"),
        ("k=1.5", "k"),
        ("k=1&k=2", "k"),
        ("offset=-1", "offset"),
        ("offset=10001", "offset"),
        ("price_min=cheap", "price_min"),
        ("price_max=nan", "price_max"),
        ("price_max=inf", "price_max"),
        ("price_min=2&price_max=1", "price_min"),
        ("in_stock=perhaps", "in_stock"),
        ("sort=best", "sort"),
        ("lang=fr", "lang"),
        ("attributes=x", "attributes"),
        ("colour=red", "colour"),
        ("q=" + "x" * 501, "q"),
        ("q=%00", "q"),
        ("user=" + "u" * 257, "user"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_cure(client, query, field):
    answer = client.get(f"/v1/search?{query}")
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["code"], error["field"]) == ("bad_request", field)
    assert error["message"] and error["cure"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"q"', b'{"q": 1}', b'{"k": "5"}', b'{"k": true}', b'{"k": 1.0}', b'{"price_min": "1"}']
    + [
        b'{"in_stock": 1}',
        b'{"brand": [1]}',
        b'{"attributes": ["x"]}',
        b'{"attributes": {"a": [1]}}',
        b'{"x": 1}',
        b"\xff",
    ],
)
def test_a_wrong_body_is_refused(client, body):
    answer = client.post("/v1/search", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize(
    "path", ["/v1/products/none", "/v1/similar/none", "/v1/bought-together/none", "/v1/explain/u/none"]
)
def test_an_unknown_product_is_404(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert "'none'" in answer.json()["error"]["message"]


def test_explain_names_what_dropped_an_item(client):
    answer = client.get("/v1/explain/u1/tea?lang=en").json()
    assert answer["dropped"] == {"item_id": "tea", "filter": "seen", "reason": "bought before"}
    assert answer["titles"] == {"tea": "Longjing tea"}


def test_health_says_whether_the_shop_answers(client, shop):
    shop.meaning = Progress(1, 3)
    assert client.get("/v1/health").json()["meaning"] == {"done": 1, "total": 3}
    shop.ready = False
    answer = client.get("/v1/health")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (StoreError("The Store is locked."), 503, "store"),
        (ReleaseError("Torn."), 503, "release"),
        (KeyError("x"), 500, "internal"),
    ],
)
def test_a_failure_is_answered_without_a_traceback(client, shop, failure, status, code):
    shop.failure = failure
    answer = client.get("/v1/trending", headers={"X-Request-ID": "call-7"})
    assert answer.status_code == status
    assert (answer.json()["error"]["code"], answer.json()["error"]["request_id"]) == (code, "call-7")
    assert "Traceback" not in answer.text and "KeyError" not in answer.text


def test_requests_are_named_and_timed(client):
    answer = client.get("/v1/trending", headers={"X-Request-ID": "my.call-1"})
    assert answer.headers["x-request-id"] == "my.call-1"
    assert answer.headers["server-timing"].startswith("search;dur=1.2, waited;dur=")
    for odd in ("a b", "x" * 65, "<b>"):
        assert client.get("/v1/health", headers={"X-Request-ID": odd}).headers["x-request-id"] != odd


def test_an_unknown_route_and_a_wrong_method_are_told_in_the_same_form(client):
    answers = [client.get("/v1/none"), client.put("/v1/search")]
    assert [a.status_code for a in answers] == [404, 405]
    assert [a.json()["error"]["code"] for a in answers] == ["no_such_route", "method_not_allowed"]
