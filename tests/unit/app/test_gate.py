"""What is let in, for how long, and that those who watch the shop get through."""

import asyncio
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest
import uvicorn

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.app.web import server
from zhanggui.app.web.gate import Gate
from zhanggui.app.web.turnstile import STUCK_SECONDS, Turnstile

SECONDS = 20


@pytest.fixture
def serve(shop, clock):
    """Serve the double with these settings in a thread; answers wait while `hold` is set."""
    running = []

    def start(**settings):
        listener = server.bound("127.0.0.1", 0)
        app = create_app(shop, settings=ApiSettings(**{"write_key": "k", "metrics": "on", **settings}), clock=clock)
        running.append(
            uvicorn.Server(uvicorn.Config(app, http=server.PatientProtocol, log_config=None, lifespan="off"))
        )
        thread = threading.Thread(target=running[-1].run, args=([listener],))
        running.append(thread)
        thread.start()
        wait_for(lambda: running[-2].started)
        return server.address_of(listener)

    yield start
    for one in running:
        if isinstance(one, threading.Thread):
            one.join()
        else:
            one.should_exit = True


@pytest.fixture
def hold(shop):
    """Make every page wait until the test lets go; `hold.waiting` counts those that wait."""

    class Hold:
        def __init__(self):
            self.waiting, self.free, self.lock = 0, threading.Event(), threading.Lock()

    held, page = Hold(), shop.page

    def waiting_page(request):
        with held.lock:
            held.waiting += 1
        held.free.wait(SECONDS)
        return page(request)

    shop.page = waiting_page
    yield held
    held.free.set()


@pytest.fixture
def patient(monkeypatch):
    """Let nobody lose a place for being slow."""
    monkeypatch.setattr("zhanggui.app.web.gate.Turnstile", partial(Turnstile, seconds=10 * SECONDS))


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_above_the_limit_a_request_is_refused_at_once_and_health_answers(serve, hold):
    url = serve(max_requests=3)
    with ThreadPoolExecutor(8) as pool:
        inside = [pool.submit(httpx.get, f"{url}/v1/trending", timeout=SECONDS) for _ in range(3)]
        wait_for(lambda: hold.waiting == 3)
        refused = httpx.get(f"{url}/v1/trending")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1" and refused.headers["x-request-id"]
        assert httpx.get(f"{url}/v1/health").status_code == 200
        assert 'zhanggui_errors_total{code="overloaded"} 1.0' in httpx.get(f"{url}/metrics").text
        hold.free.set()
        assert [answer.result().status_code for answer in inside] == [200] * 3
    assert httpx.get(f"{url}/v1/trending").status_code == 200


def test_health_answers_while_every_thread_is_taken(serve, hold):
    url = serve(pages_at_once=60)
    with ThreadPoolExecutor(60) as pool:
        inside = [pool.submit(httpx.get, f"{url}/v1/trending", timeout=SECONDS) for _ in range(60)]
        wait_for(lambda: hold.waiting >= 40)
        assert httpx.get(f"{url}/v1/health", timeout=SECONDS).status_code == 200
        hold.free.set()
        assert {answer.result().status_code for answer in inside} == {200}


def test_writers_leave_room_for_readers(serve, shop):
    free, waiting, put = threading.Event(), [], shop.put_events

    def slow(events):
        waiting.append(1)
        free.wait(SECONDS)
        return put(events)

    shop.put_events = slow
    url = serve(max_writes=1)

    def write():
        return httpx.post(f"{url}/v1/events", json=[], headers={"X-Zhanggui-Key": "k"}, timeout=SECONDS)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(write)
        wait_for(lambda: waiting)
        assert write().json()["error"]["code"] == "overloaded"
        assert httpx.get(f"{url}/v1/search").status_code == 200
        assert httpx.post(f"{url}/v1/search", json={}).status_code == 200
        free.set()
        assert first.result().status_code == 200


def test_pages_take_turns_and_what_writes_or_is_a_file_does_not(serve, hold, patient):
    url = serve(pages_at_once=1)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(httpx.get, f"{url}/v1/trending", timeout=SECONDS)
        wait_for(lambda: hold.waiting == 1)
        second = pool.submit(httpx.post, f"{url}/v1/search", json={}, timeout=SECONDS)
        wait_for(lambda: "under_way 3.0" in httpx.get(f"{url}/metrics").text)
        assert httpx.post(f"{url}/v1/events", json=[], headers={"X-Zhanggui-Key": "k"}).status_code == 200
        assert httpx.get(f"{url}/static/nothing.js").status_code == 404
        assert hold.waiting == 1 and not second.done()
        hold.free.set()
        waited = [
            float(re.search(r"waited;dur=([\d.]+)", answer.result().headers["server-timing"])[1])
            for answer in (first, second)
        ]
        assert waited[0] < waited[1] and second.result().status_code == 200
    told = httpx.get(f"{url}/metrics").text
    assert "zhanggui_http_wait_seconds_count 2.0" in told, "neither the file nor what was written"


def test_nobody_waits_for_a_caller_whose_body_is_slow(serve, shop):
    url = serve(pages_at_once=1)
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port)) as slow:
        head = "POST /v1/search HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        slow.sendall(head.encode() + b'{"k"')
        wait_for(lambda: "under_way 2.0" in httpx.get(f"{url}/metrics").text)
        waited = re.search(r"waited;dur=([\d.]+)", httpx.get(f"{url}/v1/trending").headers["server-timing"])
        assert float(waited[1]) < 1000 * STUCK_SECONDS / 2
        slow.sendall(b": 1 }")
        told = slow.recv(65_536)
        assert told.startswith(b"HTTP/1.1 200") and b"waited;dur=" in told


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_was_given_up_while_waiting_is_not_served_any_more(serve, hold, patient, method):
    url = serve(pages_at_once=1, max_requests=2, request_seconds=0.05, body_seconds=0.05)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(httpx.get, f"{url}/v1/trending", timeout=SECONDS)
        wait_for(lambda: hold.waiting == 1)
        body = {"json": {}} if method == "POST" else {}
        second = pool.submit(httpx.request, method, f"{url}/v1/search", timeout=SECONDS, **body)
        assert {first.result().status_code, second.result().status_code} == {504}
    hold.free.set()
    # It is let in when the first has left, and waits behind the second.
    wait_for(lambda: httpx.get(f"{url}/v1/products/tea").status_code == 200)
    assert hold.waiting == 1
    assert "zhanggui_http_wait_seconds_sum" in httpx.get(f"{url}/metrics").text


def test_what_has_no_body_takes_its_turn_whatever_its_head_says(serve, hold, patient):
    url = serve(pages_at_once=1)
    with ThreadPoolExecutor(2) as pool:
        head = {"Content-Length": "0"}
        both = [pool.submit(httpx.get, f"{url}/v1/trending", headers=head, timeout=SECONDS) for _ in range(2)]
        wait_for(lambda: "under_way 3.0" in httpx.get(f"{url}/metrics").text)
        wait_for(lambda: hold.waiting == 1)
        hold.free.set()
        assert [answer.result().status_code for answer in both] == [200, 200]
        assert all("waited;dur=" in answer.result().headers["server-timing"] for answer in both)


def test_time_that_is_up_is_told_and_the_place_stays_taken_until_the_work_is_done(serve, hold):
    url = serve(max_requests=1, request_seconds=0.05)
    late = httpx.get(f"{url}/v1/trending", timeout=SECONDS)
    assert (late.status_code, late.json()["error"]["code"]) == (504, "timeout")
    assert httpx.get(f"{url}/v1/trending").json()["error"]["code"] == "overloaded"
    hold.free.set()
    wait_for(lambda: httpx.get(f"{url}/v1/trending", timeout=SECONDS).status_code == 200)


def test_who_was_told_that_time_is_up_hears_nothing_more(shop, clock):
    sent, app = [], create_app(shop, settings=ApiSettings(), clock=clock)

    async def asked():
        free, done = asyncio.Event(), asyncio.Event()

        async def late(scope, receive, send):
            await free.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"late"})
            done.set()

        async def keep(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/v1/trending", "query_string": b"", "headers": []}
        await Gate(late, settings=ApiSettings(request_seconds=0.01))({**scope, "app": app}, None, keep)
        free.set()
        await asyncio.wait_for(done.wait(), SECONDS)

    asyncio.run(asked())
    assert [message.get("status") for message in sent] == [504, None] and b"late" not in sent[1]["body"]
