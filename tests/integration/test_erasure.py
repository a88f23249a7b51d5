"""Proof that an erased user is nowhere: every file of the home, byte by byte, and every table, before and after."""

import random
from contextlib import closing

import httpx
import psycopg
import pytest

from tests.integration.test_serving import KEY, serving, until
from zhanggui.app.build import opened_shop
from zhanggui.app.settings import load
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.data.store import open_store

NOW = 1_760_000_000_000
PERSON, OTHER = "person-7f3a9c1e", "person-0b5d2e44"
BROKEN = f"{PERSON},stare,{NOW},tea\n{OTHER},view,soon,tea\n"


@pytest.fixture
def shop(home, new_place, monkeypatch):
    """A shop in which both people left traces of every kind; returns what erases, settings and a search."""
    place = new_place()
    monkeypatch.setenv("ZHANGGUI_STORE", place)
    return place


def fill(place, home, run):
    file = home.parent / "events.csv"
    rows = "".join(f"{user},view,{NOW + n},p{n % 20}\n" for n in range(200) for user in (PERSON, OTHER, f"user-{n}"))
    file.write_text(f"user_id,type,time,item_id\n{rows}{BROKEN}")
    assert run("import", "events", file)[0] == 0
    with closing(open_store(place)) as store:
        store.put_products([Product(f"p{n}", f"tea {n}") for n in range(20)])
        # Ids in random order split pages of the indexes, which leaves copies of rows behind.
        order = random.Random(7).sample(range(10**9), 1500)
        store.put_events(
            Event(f"{n:x}", random.Random(n).choice([PERSON, OTHER, f"user-{n}"]), EventType.CLICK, NOW + n, "p1")
            for n in order
        )
        store.put_events([Event("anonymous", "user-1", EventType.VIEW, NOW, "p2", anonymous_id=PERSON)])
    with opened_shop(load(home=str(home))) as opened:  # leaves rankings, and the state's file
        for user in (PERSON, OTHER):
            opened.page(Request(Surface.FOR_YOU, user=user))
    (home / "logs").mkdir()
    (home / "logs/error-1.log").write_text(f"zhanggui recommend {PERSON}")
    (home / "report.json").write_text(f'{{"question": {{"user": "{PERSON}"}}}}')


def traces(place, home, user):
    """Return the names of files and tables in which an id occurs."""
    found = {str(f.relative_to(home)) for f in home.rglob("*") if f.is_file() and user.encode() in f.read_bytes()}
    if place.startswith("postgresql"):
        with closing(psycopg.connect(place)) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for table in [*(name for (name,) in tables), "pg_stats"]:
                rows = connection.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{user}%'")
                found |= {table} if rows.fetchone()[0] else set()
    elif user.encode() in b"".join(f.read_bytes() for f in home.parent.glob("store-*")):
        found.add("events")
    return found


def test_an_erased_user_is_nowhere(shop, home, run):
    fill(shop, home, run)
    if shop.startswith("postgresql"):
        with closing(psycopg.connect(shop, autocommit=True)) as connection:
            connection.execute("ANALYZE events")
        assert {"users", "rankings", "pg_stats"} <= traces(shop, home, PERSON)
    found = traces(shop, home, PERSON)
    assert {"events", "state/online.npz", "logs/error-1.log", "report.json"} < found
    assert any(name.startswith("rejects/") for name in found)
    status, out, err = run("erase", PERSON, "--json", home.parent / "told.json")
    assert status == 0 and "lines set aside" in out and "zhanggui train" in err
    assert traces(shop, home, PERSON) == set()
    assert len(traces(shop, home, OTHER)) >= 2  # the other one is still there
    with closing(open_store(shop)) as store:
        assert store.events_of(PERSON) == [] and len(store.events_of(OTHER, limit=999)) > 500
    rejects = next((home / "rejects").glob("*.jsonl")).read_text()
    assert rejects.splitlines()[0].isspace() and OTHER in rejects.splitlines()[1]
    assert run("import", "events", next((home / "rejects").glob("*.jsonl")))[0] == 0  # blank lines harm nobody


@pytest.mark.slow
def test_an_erased_user_is_nowhere_while_a_server_runs(shop, home, run):
    fill(shop, home, run)
    with serving(home, store=shop) as server, httpx.Client(base_url=server.url, headers=KEY) as client:
        for user in (PERSON, OTHER):
            event = {"user_id": user, "type": "view", "time": NOW, "item_id": "p3"}
            assert client.post("/v1/events", json=[event]).json()["written"] == 1
            assert client.get(f"/v1/recommend/{user}").status_code == 200
        assert httpx.delete(f"{server.url}/v1/users/{PERSON}").status_code == 401
        answer = client.delete(f"/v1/users/{PERSON}")
        assert answer.status_code == 200 and answer.json()["events"] > 500 and answer.json()["users"] == 1
        client.get(f"/v1/recommend/{OTHER}")  # a page that waits to be written while another process erases
        assert run("erase", OTHER, "--yes")[0] == 0
        until(lambda: client.get("/v1/health").json()["lag"] == 0)
        (home / "logs/error-1.log").unlink(missing_ok=True)
        (home / "report.json").unlink(missing_ok=True)
        until(lambda: not traces(shop, home, PERSON) and not traces(shop, home, OTHER))
        server.process.terminate()
        server.process.wait(30)
    assert not traces(shop, home, PERSON) and not traces(shop, home, OTHER)  # nor in what the end wrote down
    with opened_shop(load(home=str(home))) as opened:
        assert not opened.history(PERSON) and not opened.history(OTHER) and opened.history("user-7")


def test_forgetting_by_moment_and_by_setting(shop, home, run, monkeypatch):
    fill(shop, home, run)
    assert "retention_days is 0" in run("forget")[2]
    assert run("forget", "--before", "soon")[0] == 2
    status, out, _ = run("forget", "--before", str(NOW + 1000))
    assert status == 0 and "Forgotten" in out
    with closing(open_store(shop)) as store:
        assert store.interactions().time.min() >= NOW + 1000
    monkeypatch.setenv("ZHANGGUI_RETENTION_DAYS", "1")
    monkeypatch.setenv("ZHANGGUI_CLOCK_START", str(NOW + 20 * DAY))
    assert run("forget")[0] == 0
    with closing(open_store(shop)) as store:
        assert store.totals().events == store.totals().users == 0 and store.totals().products == 20
