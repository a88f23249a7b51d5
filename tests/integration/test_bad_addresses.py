"""Everything that can be wrong with an address, a method or a header: a 4xx with a code for machines, never a 5xx."""

import pytest
from starlette.testclient import TestClient

from tests.integration.asking import KEY, told


@pytest.fixture(scope="module")
def client(small_app):
    return TestClient(small_app, raise_server_exceptions=True)


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


@pytest.mark.parametrize("key", ["wrong", "ключ".encode(), "", b"key\xa0"])
def test_a_wrong_key_is_refused(client, key):
    answer = client.post("/v1/events", content=b"[]", headers={"X-Zhanggui-Key": key})
    assert told(answer) in ((401, "key_missing"), (403, "key_wrong"))


@pytest.mark.parametrize(
    "cookie", ["zg_user=%00%FF", "zg_user=" + "a" * 5000, "zg_lang=fr", "zg_user=\x7f", "====;;;;", 'zg_user="unclosed']
)
def test_an_odd_cookie_does_no_harm(client, cookie):
    assert client.get("/", headers={"Cookie": cookie, "Accept-Language": ",;q=x,zh;q=nan"}).status_code == 200
