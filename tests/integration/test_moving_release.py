"""A real server moves to the Release in use, and back, while requests run; one that is damaged changes nothing."""

import itertools
import signal
import threading
from contextlib import closing, contextmanager

import httpx
import pytest

from tests.integration.test_serving import KEY, SECONDS, serving, until
from tests.integration.tiny import THINGS, make_release
from zhanggui.core.product import Product
from zhanggui.data.release import rollback
from zhanggui.data.store import open_store

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path):
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products([Product(word, title=word, category=("all",)) for word in THINGS])
    return tmp_path


def opened(home):
    return serving(home, encoder="auto", log_level="info")


def health(server):
    return httpx.get(f"{server.url}/v1/health", timeout=SECONDS).json()


def reaches(server, release):
    """Tell the server to look, and wait until a Release serves with all its vectors."""

    def there():
        found = health(server)
        return found["release"] == release and found["meaning"]["done"] == found["meaning"]["total"]

    def woken():
        server.process.send_signal(signal.SIGHUP)
        return there()

    until(woken)


def similar(server):
    return httpx.get(f"{server.url}/v1/similar/cup", timeout=SECONDS).json()["items"][0]["item_id"]


def found(server):
    page = httpx.get(f"{server.url}/v1/search", params={"q": "cup"}, timeout=SECONDS).json()
    return [item["item_id"] for item in page["items"]]


def metric(server, name):
    lines = httpx.get(f"{server.url}/metrics", timeout=SECONDS).text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


@contextmanager
def crowd(server):
    """Ask and write from several threads all the while; give the statuses of the answers."""
    stop, statuses, numbers = threading.Event(), [], itertools.count()

    def ask():
        with httpx.Client(base_url=server.url, timeout=SECONDS, headers=KEY) as http:
            while not stop.is_set():
                number = next(numbers)
                event = {
                    "user_id": "u",
                    "type": "view",
                    "time": 1_760_000_000,
                    "item_id": "mug",
                    "event_id": f"{number}",
                }
                new = {"item_id": f"new{number}", "title": f"brandnew{number}"}
                statuses.append(http.post("/v1/products", json=[new]).status_code)
                page = http.get("/v1/search", params={"q": f"brandnew{number}"})
                statuses.append(page.status_code)
                # Searchable when the write returned, whichever Release answers.
                statuses.append(f"new{number}" in [item["item_id"] for item in page.json()["items"][:1]])
                statuses.append(http.post("/v1/events", json=[event]).status_code)
                statuses.append(http.get("/v1/similar/cup").status_code)
                statuses.append(http.get("/v1/recommend/u").status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_there_and_back_without_losing_a_request(home):
    make_release(home, "r1", ("cup", "mug"))
    with opened(home) as server:
        reaches(server, "r1")
        assert (similar(server), found(server)[:2]) == ("mug", ["cup", "mug"])
        with crowd(server) as statuses:
            make_release(home, "r2", ("cup", "oil"), dim=70)
            reaches(server, "r2")
            assert (similar(server), found(server)[:2]) == ("oil", ["cup", "oil"])
            rollback(home)
            reaches(server, "r1")
            assert (similar(server), found(server)[:2]) == ("mug", ["cup", "mug"])
        assert set(statuses) <= {200, True} and len(statuses) > 50
        assert metric(server, 'zhanggui_release_moves_total{outcome="moved"}') == 2
        assert health(server)["degraded"] == [] and health(server)["moving"] is None


def test_it_looks_by_itself(home):
    make_release(home, "r1")
    with serving(home) as server:
        make_release(home, "r2")
        until(lambda: health(server)["release"] == "r2")


def test_a_damaged_release_leaves_the_old_one_serving(home):
    make_release(home, "r1", ("cup", "mug"))
    with opened(home) as server:
        reaches(server, "r1")
        make_release(home, "r2", ("cup", "oil"), damaged=True)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "release" in health(server)["degraded"])
        assert (health(server)["release"], similar(server)) == ("r1", "mug")
        assert metric(server, 'zhanggui_release_moves_total{outcome="failed"}') >= 1
        assert "r2 cannot be opened" in (home / "server.log").read_text()
        rollback(home)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: not health(server)["degraded"])


def test_killed_in_the_middle_it_opens_and_arrives(home):
    make_release(home, "r1", ("cup", "mug"))
    with opened(home) as server:
        reaches(server, "r1")
        make_release(home, "r2", ("cup", "oil"))
        server.process.send_signal(signal.SIGHUP)
        until(lambda: health(server)["moving"] or health(server)["release"] == "r2")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with opened(home) as server:
        reaches(server, "r2")
        assert similar(server) == "oil" and health(server)["degraded"] == []
