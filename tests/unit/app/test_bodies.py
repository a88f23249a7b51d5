"""Bodies on their way in: packed, too large, too slow, cut off."""

import asyncio
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.app.web.errors import ApiError
from zhanggui.app.web.packed import MEMBERS, unpacked

CUP = b'[{"item_id": "cup"}]'


def sent(client, key, content, **headers):
    answer = client.post("/v1/products", content=content, headers={**key, **headers})
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def test_a_packed_batch_is_kept(client, key, shop):
    assert sent(client, key, gzip.compress(CUP), **{"Content-Encoding": "gzip"}) == (200, "")
    assert shop.products(["cup"])


@pytest.mark.parametrize(
    ("content", "encoding", "told"),
    [
        (b"x", "gzip", (400, "bad_request")),
        (gzip.compress(CUP)[:-9], "gzip", (400, "bad_request")),
        (gzip.compress(CUP) + b"more", "gzip", (400, "bad_request")),
        (b"", "gzip", (400, "bad_request")),
        (gzip.compress(b"") * (MEMBERS + 1), "gzip", (400, "bad_request")),
        (gzip.compress(b"[" + b" " * 10_000_000), "gzip", (413, "body_too_large")),
        (CUP, "br", (415, "encoding")),
        (CUP, "gzip, gzip", (415, "encoding")),
    ],
    ids=["no gzip", "half", "more after it", "empty", "members", "bomb", "br", "twice"],  # bytes hold the time of day
)
def test_what_cannot_be_unpacked_within_bounds_is_refused(make_client, key, shop, content, encoding, told):
    before = shop.store.position()
    assert sent(make_client(max_body_bytes=20_000), key, content, **{"Content-Encoding": encoding}) == told
    assert shop.store.position() == before


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=4), st.integers(0, 120))
def test_members_are_joined_and_the_limit_is_exact(parts, limit):
    whole, packed = b"".join(parts), b"".join(map(gzip.compress, parts))
    if len(whole) <= limit:
        assert unpacked(packed, limit) == whole
    else:
        with pytest.raises(ApiError):
            unpacked(packed, limit)


def call(app, receive, **scope):
    """Run one request through the app without a server; return the messages it sends."""
    sent_back = []

    async def send(message):
        sent_back.append(message)

    whole = {
        "type": "http",
        "method": "POST",
        "path": "/v1/products",
        "headers": [],
        "query_string": b"",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        **scope,
    }
    asyncio.run(app(whole, receive, send))
    return sent_back


def test_a_body_that_trickles_is_given_up(make_client, key):
    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    app = make_client(body_seconds=0.1).app
    answer = call(app, receive, headers=[(b"authorization", key["Authorization"].encode())])
    assert answer[0]["status"] == 408 and b"body_too_slow" in answer[1]["body"]
    assert (b"connection", b"close") in answer[0]["headers"]


def test_a_caller_who_leaves_gets_nothing_and_breaks_nothing(make_client, key):
    async def receive():
        return {"type": "http.disconnect"}

    client = make_client(metrics="on")
    assert call(client.app, receive, headers=[(b"authorization", key["Authorization"].encode())]) == []
    assert 'status="499"' in client.get("/metrics").text
