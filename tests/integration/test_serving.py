"""A real server in its own process: one home one server, stopping under load, callers slow or talking nonsense."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store

KEY = {"X-Zhanggui-Key": "open-sesame"}
SECONDS = 30
pytestmark = pytest.mark.slow
WORDS = ("tea", "mug", "pot", "oil", "bread", "茶", "杯")


@dataclass
class Running:
    process: subprocess.Popen
    url: str
    home: object

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port


def fill(home):
    with closing(open_store(home / "shop.db")) as store:
        store.put_products(
            [
                Product(f"p{n}", f"{WORDS[n % 7]} number {n}", price=float(n), category=("a", WORDS[n % 5]))
                for n in range(60)
            ]
        )
        store.put_events(
            [Event(f"e{n}", f"u{n % 9}", EventType.VIEW, 1_760_000_000_000 + n, f"p{n % 60}") for n in range(300)]
        )


def environment(home, **settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")}
    given = {f"ZHANGGUI_{name.upper()}": str(value) for name, value in settings.items()}
    return {
        **kept,
        "ZHANGGUI_HOME": str(home),
        "ZHANGGUI_ENCODER": "hash",
        "ZHANGGUI_WRITE_KEY": "open-sesame",
        **given,
    }


def command(home, *words, **settings):
    return subprocess.run(
        [sys.executable, "-m", "zhanggui", *words],
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def serving(home, **settings):
    log = home / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "zhanggui", "serve", "--port", "0"],
            env=environment(home, **settings),
            stderr=stream,
            stdout=stream,
        )
        try:
            yield Running(process, address(process, log), home)
        finally:
            process.kill()
            process.wait()


def address(process, log):
    def told():
        assert process.poll() is None, log.read_text()
        return re.search(r"http://[\d.:]+", log.read_text())

    url = until(told)[0]
    until(lambda: answers(url))
    return url


def answers(url):
    try:
        return httpx.get(f"{url}/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def until(condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return result


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    fill(home)
    with serving(home, request_seconds=20, body_seconds=1) as running:
        yield running


def test_a_second_server_on_the_home_is_refused_with_a_word(server):
    second = command(server.home, "serve", "--port", "0")
    assert second.returncode == 2 and "Traceback" not in second.stderr
    for word in (str(server.process.pid), server.url, "--home"):
        assert word in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_the_terminal_asks_the_server_that_has_the_home(server, tmp_path):
    for words in (("recommend", "u1"), ("explain", "u1", "p5")):
        asked = command(server.home, *words, "--json", str(tmp_path / "page.json"))
        assert asked.returncode == 0, asked.stderr
    page = command(server.home, "search", "tea", "-k", "3", "--json", str(tmp_path / "page.json"))
    assert page.returncode == 0 and "tea number" in page.stdout
    assert len(json.loads((tmp_path / "page.json").read_bytes())["items"]) == 3
    unknown = command(server.home, "similar", "a/../b")
    assert unknown.returncode == 2 and "No product" in unknown.stderr


def test_what_only_writes_to_the_store_runs_beside_it(server, tmp_path):
    products = tmp_path / "more.jsonl"
    products.write_text('{"item_id": "new/1", "title": "brandnew thing"}\n')
    assert command(server.home, "import", "products", str(products)).returncode == 0
    until(lambda: httpx.get(f"{server.url}/v1/search", params={"q": "brandnew"}).json()["items"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "65536"), "65535"),
        (("--port", "-1"), "65535"),
        (("--host", "no.such.host.invalid"), "--host"),
        (("--host", "192.0.2.1"), "--host"),
    ],
)
def test_an_address_that_cannot_be_had_is_told(tmp_path, words, said):
    refused = command(tmp_path, "serve", *words)
    assert refused.returncode == 2 and said in refused.stderr and "Traceback" not in refused.stderr


def test_a_port_in_use_is_told(server, tmp_path):
    refused = command(tmp_path, "serve", "--port", str(server.address[1]))
    assert refused.returncode == 2 and "--port" in refused.stderr and "Traceback" not in refused.stderr


def exchange(server, *pieces):
    """Send bytes on a bare connection; return all that comes back until the server closes it."""
    with closing(socket.create_connection(server.address, timeout=SECONDS)) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


POST = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Zhanggui-Key: open-sesame\r\n"


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ((b"nonsense\r\n\r\n",), b"bad_http"),
        ((b"GET / HTTP/1.1\r\n\r\n",), b"bad_http"),
        ((b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",), b"head_too_large"),
        ((b"GET /" + b"a" * 40_000,), b"bad_http"),
        ((b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 9000 + b"\r\n",), b"head_too_large"),
        ((POST + b"Content-Length: -1\r\n\r\n",), b"bad_http"),
        ((POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",), b"bad_http"),
        ((POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), b"HTTP/1.1 4"),
        ((POST + b"Content-Length: 100\r\n\r\n[",), b"body_too_slow"),
        ((POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n",), b"body_too_slow"),
        ((POST + b"Content-Length: 999999999\r\nConnection: close\r\n\r\n",), b"body_too_large"),
    ],
)
def test_nonsense_and_slowness_on_the_wire_are_answered_4xx(server, pieces, code):
    received = exchange(server, *pieces)
    assert received.startswith(b"HTTP/1.1 4") and code in received
    assert answers(server.url)


def test_many_clients_mixed_meet_no_error(server):
    def client(number):
        statuses = []
        with httpx.Client(base_url=server.url, timeout=SECONDS, headers=KEY) as http:
            for turn in range(4):
                event = {"user_id": f"u{number}", "type": "click", "time": 1_760_000_000, "item_id": f"p{turn}"}
                product = {"item_id": f"c{number}", "title": f"changed {turn}"}
                statuses += [
                    http.get("/v1/search", params={"q": WORDS[turn % 7], "user": f"u{number}"}).status_code,
                    http.post("/v1/events", json=[{**event, "event_id": f"{number}-{turn}"}]).status_code,
                    http.get(f"/v1/recommend/u{number}").status_code,
                    http.post("/v1/products", json=[product]).status_code,
                    http.get(f"/v1/similar/p{turn}").status_code,
                    http.get("/").status_code,
                ]
        return statuses

    with ThreadPoolExecutor(64) as pool:
        assert {status for statuses in pool.map(client, range(64)) for status in statuses} == {200}
    assert "timeout" not in httpx.get(f"{server.url}/metrics").text


def hammer(url, stop, acknowledged, failures):
    number = 0
    with httpx.Client(base_url=url, timeout=SECONDS, headers=KEY) as http:
        while not stop.is_set():
            name = f"{threading.get_ident()}-{number}"
            event = {"event_id": name, "user_id": "u", "type": "view", "time": 1_760_000_000, "item_id": "p1"}
            try:
                answer = http.post("/v1/events", json=[event])
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError):
                return  # refused, or an idle connection that was closed: nothing was acknowledged
            if answer.status_code == 200:
                acknowledged.append(name)
            else:
                failures.append(answer.text)
            number += 1


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_under_load_it_finishes_what_it_took_and_keeps_what_it_acknowledged(tmp_path, sign):
    fill(tmp_path)
    stop, acknowledged, failures = threading.Event(), [], []
    with serving(tmp_path) as running:
        threads = [threading.Thread(target=hammer, args=(running.url, stop, acknowledged, failures)) for _ in range(8)]
        for thread in threads:
            thread.start()
        until(lambda: len(acknowledged) > 50)
        started = time.monotonic()
        running.process.send_signal(sign)
        assert running.process.wait(timeout=SECONDS) == 0
        assert time.monotonic() - started < 10
        stop.set()
        for thread in threads:
            thread.join()
    with closing(open_store(tmp_path / "shop.db")) as store:
        kept = {event.event_id for event in store.events_of("u", limit=1_000_000)}
    assert failures == [] and set(acknowledged) <= kept
    assert (tmp_path / "serve.lock").read_text() == "" and (tmp_path / "state" / "online.npz").exists()


def test_told_twice_it_ends_at_once(tmp_path):
    fill(tmp_path)
    with serving(tmp_path, body_seconds=30) as running:
        with closing(socket.create_connection(running.address)) as slow:
            slow.sendall(POST + b"Content-Length: 100\r\n\r\n[")
            until(lambda: b"under_way 2.0" in httpx.get(f"{running.url}/metrics").content)
            running.process.send_signal(signal.SIGTERM)
            until(lambda: not answers(running.url))
            assert running.process.poll() is None, "it waits for the body"
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(timeout=2) == 128 + signal.SIGTERM
    with serving(tmp_path) as again:
        assert answers(again.url), "a stale lock does not block"
