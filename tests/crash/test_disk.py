"""A disk that is full, read-only or gone: writes are refused with the cure, pages go on, and afterwards all goes on."""

import random
import shutil
import time

import pytest

from benchmarks.crashing.ledger import Sent, events_of, product_of
from benchmarks.crashing.program import kill
from benchmarks.crashing.yard import Tally, send

pytestmark = pytest.mark.slow
RNG = random.Random(11)
NOWHERE = "/proc/zhanggui"
"""No account may make a folder in /proc, not even root."""


def batches(yard, size):
    now = time.time_ns() // 1_000_000
    name = f"b{RNG.getrandbits(40)}"
    yield "/v1/events", Sent(events=events_of(RNG, 20, yard.names, name, size, now))
    items = [f"{name}-{number}" for number in range(size)]
    yield "/v1/products", Sent(changes=tuple((item, product_of(RNG, item)) for item in items))


def take(yard, client, size):
    for _, sent in batches(yard, size):
        send(yard, client, yard.ledger.send(sent))


def refused(yard, client, size):
    """Send batches that cannot be kept; return what was said."""
    said = []
    for path, sent in batches(yard, size):
        records = list(sent.events) or [product for _, product in sent.changes]
        status, answer = client.call("POST", path, records)
        assert status in (503, 507), answer
        assert answer["error"]["code"] == "store" and answer["error"]["cure"], answer
        assert "\n" not in answer["error"]["message"]
        said.append(answer["error"]["message"])
    return said


def read(client):
    for path in ("/v1/search?q=tea", "/v1/recommend/u1", "/v1/trending", "/v1/recommend/stranger"):
        assert client.get(path)["items"] is not None
    assert client.get("/v1/health")["ready"]


def caught_up(client):
    deadline = time.monotonic() + 30
    while client.get("/v1/health")["lag"]:
        assert time.monotonic() < deadline, "the projections do not catch up"
        time.sleep(0.02)


def proved(yard):
    assert kill(yard.program)
    tally = Tally()
    yard.prove(tally)
    assert tally.found.lines() == []


def test_a_full_disk(disk, small, client):
    asking = client(small)
    take(small, asking, 30)
    disk.fill(small.program.pid)
    for size in (1, 40, 1500):
        for message in refused(small, asking, size):
            assert "disk is full" in message or "disk does not answer" in message
        read(asking)
    for command in (("import", "events"), ("train",)) if disk.mounted else ():
        small.log.write_text("")
        small.write(disk.folder.with_name("file.jsonl"), events_of(RNG, 20, small.names, "file", 2000, 10**12))
        argv = (*command, str(disk.folder.with_name("file.jsonl"))) if "import" in command else command
        assert small.run(*argv).wait() == 2
        errors = [line for line in small.told().splitlines() if line.startswith("error")]
        assert len(errors) == 1 and "Traceback" not in small.told()
    disk.free(small.program.pid)
    for size in (1, 40, 1500):
        take(small, asking, size)
    caught_up(asking)
    proved(small)


def test_a_home_on_a_read_only_disk(disk, small, client):
    take(small, client(small), 30)
    assert kill(small.program)
    places = [str(small.home)] if disk.lock() else [NOWHERE]
    for argv in (("serve", "--port", "0"), ("import", "events", "/dev/null"), ("train",)):
        small.log.write_text("")
        program = small.nursery.start(argv, small.environment | {"ZHANGGUI_HOME": places[0]}, small.log)
        assert program.wait() == 2 and "Traceback" not in small.told(), small.told()
        assert len([line for line in small.told().splitlines() if line.startswith("error")]) == 1
    if disk.mounted:
        assert disk.unlock()
    small.serve()
    small.ready()
    take(small, client(small), 30)
    proved(small)


def test_a_home_that_is_moved_away_and_put_back(yard, client):
    asking = client(yard)
    take(yard, asking, 30)
    yard.home.rename(yard.folder / "away")
    for message in refused(yard, asking, 5):
        assert "deleted, moved or replaced" in message
    read(asking)
    (yard.folder / "away").rename(yard.home)
    take(yard, asking, 30)
    caught_up(asking)
    proved(yard)


@pytest.mark.parametrize("folder", ["index", "state", "vectors"])
def test_a_projection_that_is_deleted_while_the_shop_is_open(yard, client, folder):
    asking = client(yard)
    take(yard, asking, 30)
    shutil.rmtree(yard.home / folder, ignore_errors=True)
    take(yard, asking, 30)
    read(asking)
    proved(yard)


@pytest.mark.parametrize("argv", [("serve", "--port", "0"), ("import", "events", "/dev/null"), ("train",)])
def test_a_home_where_nothing_may_be_written(young, tmp_path, argv):
    log = tmp_path / "log"
    program = young.start(argv, {"ZHANGGUI_HOME": NOWHERE, "ZHANGGUI_ENCODER": "none"}, log)
    assert program.wait() == 2
    said = log.read_text()
    assert "Traceback" not in said and NOWHERE in said and "--home" in said
    assert len([line for line in said.splitlines() if line.startswith("error")]) == 1
