"""Everything that can be wrong with what is sent to a real shop: a 4xx with a code for machines, never a 5xx."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.integration.asking import batch, posted, told

MIB = 1 << 20
EVENT = {"user_id": "u", "type": "view", "time": 1_759_999_000, "item_id": "tea"}


@pytest.fixture(scope="module")
def client(small_app):
    return TestClient(small_app, raise_server_exceptions=True)


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
    content = batch([{**EVENT, name: value}])
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
    answer = posted(client, batch([{"item_id": "x", name: value}]), "/v1/products")
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
    assert posted(client, batch([product]), "/v1/products").json()["written"] == 1
    item = product["item_id"].strip()
    for path in ("/v1/products/{}", "/v1/similar/{}", "/v1/explain/u/{}", "/item/{}"):
        assert client.get(path.format(quote(item, safe=""))).status_code == 200
    assert client.get("/v1/search", params={"q": product.get("title", "")}).status_code == 200


@pytest.mark.parametrize("time", [0, "1970-01-01", "2100-01-01", 4_102_444_800])
def test_times_far_away_are_kept_and_do_no_harm(client, time):
    assert posted(client, batch([{**EVENT, "time": time, "user_id": "far"}])).status_code in (200, 207, 400)
    for path in ("/v1/recommend/far", "/v1/trending"):
        assert client.get(path).status_code == 200


def test_duplicate_ids_in_one_batch_the_last_counts(client):
    products = [{"item_id": "twice", "title": "first"}, {"item_id": "twice", "title": "second"}]
    assert posted(client, batch(products), "/v1/products").status_code == 200
    assert client.get("/v1/products/twice").json()["title"] == "second"
    answer = posted(client, batch([{**EVENT, "event_id": "same"}, {**EVENT, "event_id": "same", "type": "cart"}]))
    assert (answer.json()["written"], answer.json()["repeated"]) == (1, 1)


def test_a_typing_error_in_a_fields_name_is_told(client):
    answer = posted(client, batch([{"item_id": "typo", "titel": "tea", "price": 1}]), "/v1/products")
    assert answer.status_code == 200 and answer.json()["ignored"] == ["titel"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "", "application/json; charset=latin1"]
)
def test_a_wrong_content_type_does_no_harm(client, kind):
    assert posted(client, batch([EVENT]), **{"Content-Type": kind}).status_code == 200


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
