"""Lines of the log: what they carry, on whose behalf, and what they never say."""

import io
import logging

import orjson
import pytest

from zhanggui.app.observing.logs import JsonLines, TextLines, set_up
from zhanggui.data.store import open_store
from zhanggui.engine.timely import Timely

LOG = logging.getLogger("zhanggui.test")


@pytest.fixture
def lines():
    """Log as JSON into memory; give the lines so far."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.level, list(root.handlers))
    set_up(level="info", format="json", stream=stream)
    # The client in this process logs, too.
    yield lambda: [
        line for one in stream.getvalue().splitlines() if "httpx" not in (line := orjson.loads(one))["logger"]
    ]
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def test_a_request_leaves_one_line_with_route_and_id(client, key, lines):
    client.get("/v1/recommend/secret-user?lang=en", headers={"X-Request-ID": "mine"})
    (line,) = lines()
    assert {k: line[k] for k in ("logger", "level", "method", "route", "status", "request_id")} == {
        "logger": "zhanggui.access",
        "level": "info",
        "method": "GET",
        "route": "/v1/recommend/{user_id:path}",
        "status": 200,
        "request_id": "mine",
    }
    assert line["ms"] >= 0 and line["time"].endswith("Z")


def test_no_line_says_who_searched_for_what_or_the_key(client, key, lines):
    client.get("/v1/search?q=secret-words&user=secret-user")
    client.get("/v1/explain/secret-user/none")
    client.post("/v1/events", content=b"secret-words", headers=key)
    client.get("/secret-words")
    client.post("/shop/act", json={"type": "click", "item_id": "secret-words"})
    told = str(lines())
    assert len(lines()) == 5
    assert "secret" not in told and "open-sesame" not in told


def test_a_failure_is_logged_with_its_traceback_and_told_without(client, shop, lines):
    shop.failure = RuntimeError("boom")
    answer = client.get("/v1/trending", headers={"X-Request-ID": "r9"})
    assert answer.status_code == 500 and answer.headers["x-request-id"] == "r9"
    assert answer.json()["error"]["code"] == "internal" and "boom" not in answer.text
    failed = next(line for line in lines() if line["level"] == "error")
    assert "RuntimeError: boom" in failed["error"] and failed["request_id"] == "r9"
    assert lines()[-1]["status"] == 500


def test_threads_that_work_for_a_request_carry_its_id(client, shop, lines):
    timely, page = Timely(), shop.page

    def logging_page(request):
        timely.run({"part": lambda: LOG.warning("from a source")}, seconds=5)
        return page(request)

    shop.page = logging_page
    client.get("/v1/trending", headers={"X-Request-ID": "r1"})
    timely.close()
    assert [line["request_id"] for line in lines() if line["message"] == "from a source"] == ["r1"]


def record(**extra):
    return logging.makeLogRecord(
        {"name": "a", "levelname": "INFO", "msg": "x %s", "args": (1,), "created": 0.0, **extra}
    )


def test_the_two_forms():
    assert orjson.loads(JsonLines().format(record(ms=2, odd=object)))["ms"] == 2
    assert TextLines().format(record(ms=2)) == "1970-01-01T00:00:00.000Z INFO a: x 1 ms=2"


def test_opening_a_store_says_nothing(lines, tmp_path):
    open_store(tmp_path / "shop.db").close()
    assert lines() == []
