"""Everything that can be wrong with a request, sent to a real shop: a 4xx with a code for machines, never a 5xx."""

import json
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

KEY = {"X-Zhanggui-Key": "key"}
MIB = 1 << 20
EVENT = {"user_id": "u", "type": "view", "time": 1_759_999_000, "item_id": "tea"}


@pytest.fixture(scope="module")
def client(small_app):
    return TestClient(small_app, raise_server_exceptions=True)


def told(answer):
    assert answer.headers["x-request-id"] and "Traceback" not in answer.text
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def posted(client, content, path="/v1/events", **headers):
    return client.post(path, content=content, headers={**KEY, **headers})


DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_VALUE = b'[{"item_id": "x", "attributes": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}]"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"7", 400),
        (b'"text"', 400),
        (b"[1, 2]", 400),
        (b"[[]]", 400),
        (DEEP, 400),
        (DEEP_VALUE, 400),
        (b"[NaN]", 400),
        (b'[{"time": Infinity}]', 400),
        (b'[{"user_id": "\\ud800"}]', 400),
        (b"\xff\xfe[\x00", 400),
        (b"[{}]" + b"x", 400),
        (b'[{"user_id": "u"', 400),
        (b" " * (33 * MIB), 413),
        (b"[" + b"{}," * 60_000 + b"{}]", 413),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_a_body_that_is_no_batch_is_refused(client, content, status):
    for path in ("/v1/events", "/v1/products", "/v1/products/remove"):
        answer = posted(client, content, path)
        assert (answer.status_code, bool(told(answer)[1])) == (status, True)


def test_a_body_of_100_mb_is_refused_without_being_read(client):
    def pieces():
        for _ in range(100):
            yield b" " * MIB

    assert told(posted(client, pieces())) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "1e400"),
        ("time", 10**400),
        ("time", -(10**400)),
        ("time", "soon"),
        ("time", None),
        ("time", True),
        ("time", []),
        ("time", "9999999-01-01"),
        ("position", 10**30),
        ("position", 1.5),
        ("value", "1e400"),
        ("value", 10**400),
        ("value", "NaN"),
        ("user_id", ""),
        ("user_id", None),
        ("user_id", {}),
        ("user_id", "a\0b"),
        ("user_id", "u" * 5_000_000),
        ("item_id", "i" * 100_000),
        ("type", "stare"),
        ("type", 3),
        ("consent", "perhaps"),
        ("query", ["a"]),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_wrong_value_in_an_event_is_named(client, name, value):
    content = _json([{**EVENT, name: value}])
    answer = posted(client, content)
    assert told(answer)[0] == 400, answer.text[:300]
    assert len(answer.content) < 4096


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", -1),
        ("price", "-0.01"),
        ("price", 10**400),
        ("price", "dear"),
        ("price", {}),
        ("stock", 10**30),
        ("created_at", "yesterday"),
        ("title", {}),
        ("title", "a\0b"),
        ("category", 7),
        ("attributes", "x"),
        ("translations", [1]),
        ("images", {"a": 1}),
        ("available", "maybe"),
        ("item_id", ""),
        ("item_id", []),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_wrong_value_in_a_product_is_named(client, name, value):
    answer = posted(client, _json([{"item_id": "x", name: value}]), "/v1/products")
    assert told(answer)[0] == 400 and answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "product",
    [
        {"item_id": "emoji-🫖", "title": "🫖" * 50, "brand": "👩‍👩‍👧"},
        {"item_id": "عربى", "title": "شاي أخضر \u202e reversed", "category": ["طعام", "شاي"]},
        {"item_id": "../../etc/passwd", "title": "path"},
        {"item_id": "' OR 1=1 --", "title": "'; DROP TABLE products; --"},
        {"item_id": " \u3000spaces ", "title": "\t\n"},
        {"item_id": "old", "created_at": 0},
        {"item_id": "new", "created_at": "2100-01-01T00:00:00Z"},
    ],
    ids=lambda product: ascii(product["item_id"]),
)
def test_odd_but_lawful_products_are_kept_found_and_shown(client, product):
    assert posted(client, _json([product]), "/v1/products").json()["written"] == 1
    item = product["item_id"].strip()
    for path in ("/v1/products/{}", "/v1/similar/{}", "/v1/explain/u/{}", "/item/{}"):
        assert client.get(path.format(_quoted(item))).status_code == 200
    assert client.get("/v1/search", params={"q": product.get("title", "")}).status_code == 200


@pytest.mark.parametrize("time", [0, "1970-01-01", "2100-01-01", 4_102_444_800])
def test_times_far_away_are_kept_and_do_no_harm(client, time):
    assert posted(client, _json([{**EVENT, "time": time, "user_id": "far"}])).status_code in (200, 207, 400)
    for path in ("/v1/recommend/far", "/v1/trending"):
        assert client.get(path).status_code == 200


def test_duplicate_ids_in_one_batch_the_last_counts(client):
    batch = [{"item_id": "twice", "title": "first"}, {"item_id": "twice", "title": "second"}]
    assert posted(client, _json(batch), "/v1/products").status_code == 200
    assert client.get("/v1/products/twice").json()["title"] == "second"
    answer = posted(client, _json([{**EVENT, "event_id": "same"}, {**EVENT, "event_id": "same", "type": "cart"}]))
    assert (answer.json()["written"], answer.json()["repeated"]) == (1, 1)


def test_a_typing_error_in_a_fields_name_is_told(client):
    answer = posted(client, _json([{"item_id": "typo", "titel": "tea", "price": 1}]), "/v1/products")
    assert answer.status_code == 200 and answer.json()["ignored"] == ["titel"]


@pytest.mark.parametrize(
    "query",
    [
        "k=0",
        "k=201",
        "k=1e3",
        "k=" + "9" * 400,
        "k=1&k=2",
        "k=%F0%9F%AB%96",
        "offset=-1",
        "offset=10001",
        "price_min=1e400",
        "price_min=nan",
        "price_min=-inf",
        "price_min=9&price_max=1",
        "in_stock=perhaps",
        "sort=best",
        "lang=fr",
        "q=a%00b",
        "q=" + "a" * 501,
        "q=a&q=b",
        "user=" + "u" * 257,
        "brand=%00",
        "attr.size=%00",
        "attr.%00=1",
        "unknown=1",
        "K=1",
        "q[]=1",
    ],
    ids=lambda query: query[:24],
)
def test_a_wrong_parameter_is_named(client, query):
    assert told(client.get(f"/v1/search?{query}")) == (400, "bad_request")


@pytest.mark.parametrize(
    "query",
    [
        "q=%FF%FE",
        "q=%ED%A0%80",
        "q=%",
        "q=%zz",
        "q=+%20+",
        "&&&",
        "q",
        "q=(*^%25$%23@!~AND+OR",
        'q="unclosed',
        "q=title:x",
    ],
)
def test_odd_but_lawful_addresses_are_answered(client, query):
    assert client.get(f"/v1/search?{query}").status_code == 200
    assert client.get(f"/search?{query}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/products/..%2f..%2fetc%2fshadow",
        "/v1/products/%00",
        "/v1/similar/%FF",
        "/v1/products/" + "a" * 2000,
        "/v1/explain/u/",
    ],
)
def test_ids_that_can_be_none_are_4xx(client, path):
    status, code = told(client.get(path))
    assert status in (400, 404) and code


@pytest.mark.parametrize(
    "path", ["/static/..%2f..%2fsettings.py", "/static/%2e%2e/%2e%2e/settings.py", "/static//etc/passwd"]
)
def test_no_file_but_ours_is_given_out(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/v1/products", 405),
        ("GET", "/v1/events", 405),
        ("PATCH", "/v1/search", 405),
        ("DELETE", "/v1/search", 405),
        ("OPTIONS", "/v1/search", 405),
        ("TRACE", "/v1/search", 405),
        ("NONSENSE", "/v1/health", 405),
        ("POST", "/metrics", 405),
        ("GET", "/v2/search", 404),
    ],
)
def test_a_wrong_method_or_route_is_told(client, method, path, status):
    answer = client.request(method, path, headers=KEY)
    assert told(answer)[0] == status and (status != 405 or answer.headers["allow"])


@pytest.mark.parametrize("path", ["/v1/search", "/v1/health", "/", "/metrics", "/v1/products/tea"])
def test_head_is_get_without_the_body(client, path):
    answer = client.head(path)
    assert answer.status_code == 200 and answer.content == b""


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "", "application/json; charset=latin1"]
)
def test_a_wrong_content_type_does_no_harm(client, kind):
    assert posted(client, _json([EVENT]), **{"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize("key", ["wrong", "ключ".encode(), "", b"key\xa0"])
def test_a_wrong_key_is_refused(client, key):
    answer = client.post("/v1/events", content=b"[]", headers={"X-Zhanggui-Key": key})
    assert told(answer) in ((401, "key_missing"), (403, "key_wrong"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"type=view", "application/x-www-form-urlencoded"),
        (b"type=view&item_id=nothing", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&" * 4000, "application/x-www-form-urlencoded"),
        (b'{"type": "view"', "application/json"),
        (b'{"type": "purchase", "item_id": "tea"}', "application/json"),
        (b'{"type": "view", "item_id": "tea", "position": 1e400}', "application/json"),
        (b'{"type": ["view"], "item_id": "tea"}', "application/json"),
        (b'{"type": {}, "item_id": "tea"}', "application/json"),
        (b"x" * 5000, "application/json"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_wrong_act_on_the_storefront_is_4xx(client, content, kind):
    status, code = told(client.post("/shop/act", content=content, headers={"Content-Type": kind}))
    assert 400 <= status < 500 and code


@pytest.mark.parametrize(
    "cookie", ["zg_user=%00%FF", "zg_user=" + "a" * 5000, "zg_lang=fr", "zg_user=\x7f", "====;;;;", 'zg_user="unclosed']
)
def test_an_odd_cookie_does_no_harm(client, cookie):
    assert client.get("/", headers={"Cookie": cookie, "Accept-Language": ",;q=x,zh;q=nan"}).status_code == 200


def _json(records):
    return json.dumps(records).encode()


def _quoted(item):
    return quote(item, safe="")
