"""Every file of a home damaged in every way, one at a time: what is derived is made anew, the Store says what it is."""

import random
import shutil
import time
from contextlib import closing

import pytest

from benchmarks.crashing.client import Client
from benchmarks.crashing.ledger import Sent, events_of
from benchmarks.crashing.program import nursery
from benchmarks.crashing.proofs import Findings, prove_projections
from benchmarks.crashing.yard import KEY, Yard, stopped
from zhanggui.app.build import build_shop
from zhanggui.core.errors import StoreError
from zhanggui.core.request import Request, Surface
from zhanggui.encoders.hashed import HashEncoder

pytestmark = pytest.mark.slow
PRODUCTS = 60
EVENTS = 400


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A home with everything in it: two Releases, and projections as a server leaves them that was told to stop."""
    with nursery() as young:
        yard = Yard(young, tmp_path_factory.mktemp("torn") / "yard", random.Random(5), encoder="hash", items=PRODUCTS)
        events = events_of(yard.rng, 20, yard.names, "e", EVENTS, time.time_ns() // 1_000_000)
        yard.write(yard.folder / "events.jsonl", events)
        for argv in (("import", "events", str(yard.folder / "events.jsonl")), ("train",), ("train",)):
            assert yard.run(*argv).wait() == 0, yard.told()
        yard.take(Sent(events=events))
        yard.serve()
        yard.ready()
        with closing(Client(yard.port, KEY)) as client:
            while (meaning := client.get("/v1/health")["meaning"])["done"] < meaning["total"]:
                time.sleep(0.01)
        stopped(yard.program)
        assert yard.program.wait() == 0
    return yard


def truncated(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def emptied(path):
    path.write_bytes(b"")


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def flipped(path):
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def deleted(path):
    path.unlink()


def folder_instead(path):
    path.unlink()
    (path / "strange").mkdir(parents=True)


DAMAGES = (truncated, emptied, zeroed, flipped, deleted)


def files_of(home, *tops):
    found = [path.relative_to(home) for top in tops for path in sorted((home / top).rglob("*")) if path.is_file()]
    assert found, tops
    return found


def copied(whole, tmp_path, file, damage):
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(whole.home, home)
    damage(home / file)
    return home


@pytest.mark.parametrize("damage", (*DAMAGES, folder_instead), ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("top", ["state", "vectors"])
def test_what_is_derived_is_made_anew(whole, tmp_path, top, damage):
    for file in files_of(whole.home, top):
        home = copied(whole, tmp_path, file, damage)
        found = Findings()
        prove_projections(whole.settings(home), HashEncoder(), now=time.time_ns() // 1_000_000, found=found)
        assert found.lines() == [], f"{file} {damage.__name__}"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_shop_opens_with_the_release_before_or_none(whole, tmp_path, damage, caplog):
    for file in files_of(whole.home, "releases"):
        home = copied(whole, tmp_path, file, damage)
        with closing(build_shop(whole.settings(home))) as shop:
            assert shop.page(Request(Surface.FOR_YOU, user="u1")).items
            assert shop.health().totals.events == EVENTS
        if (home / file).parent.name.endswith("-2") and damage.__name__ != "emptied":
            assert "zhanggui train" in caplog.text, file
        caplog.clear()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_store_is_said_never_silently_empty(whole, tmp_path, damage):
    home = copied(whole, tmp_path, "shop.db", damage)
    with pytest.raises(StoreError) as error, closing(build_shop(whole.settings(home))):
        pass
    assert "zhanggui restore" in str(error.value) and "\n" not in str(error.value)
