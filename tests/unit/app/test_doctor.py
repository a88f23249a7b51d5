"""The doctor finds what is wrong, one thing at a time, and changes nothing."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from zhanggui.app.build import opened_shop
from zhanggui.app.cli.doctor import lenient
from zhanggui.app.doctor import Patient, examine
from zhanggui.app.doctor.machine import file_system
from zhanggui.app.home_lock import held
from zhanggui.app.settings import load
from zhanggui.core.clock import FixedClock, SystemClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.release import Facts, promote, write_release
from zhanggui.data.store import open_store

NOW = 1_760_000_000_000


@pytest.fixture
def environ(tmp_path):
    return {
        "ZHANGGUI_HOME": str(tmp_path / "home"),
        "ZHANGGUI_ENCODER": "hash",
        "ZHANGGUI_WRITE_KEY": "s3cret",
        "ZHANGGUI_PORT": "0",
    }


@pytest.fixture
def home(environ, tmp_path):
    """A shop in health: a Store, an index, a state, vectors and a Release."""
    with closing(open_store(tmp_path / "home/shop.db")) as store:
        store.put_products([Product("t", "tea", price=1.0), Product("m", "mug")])
        store.put_events([Event("e", "ann", EventType.VIEW, NOW - 1, "t")])
    write_release(
        tmp_path / "home", name="r1", clock=SystemClock(), fill=lambda f: (f / "a").write_text("a") and Facts()
    )
    promote(tmp_path / "home", "r1")
    with opened_shop(load(environ)) as shop:
        deadline = time.monotonic() + 30
        while shop.health().meaning.done < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    return tmp_path / "home"


@pytest.fixture
def found(environ):
    def call(full=False, now=NOW, **settings):
        given = environ | {f"ZHANGGUI_{name.upper()}": str(value) for name, value in settings.items()}
        patient = Patient(lenient(None, given), given, FixedClock(now), full)
        return {finding.name: finding for finding in examine(patient)}

    return call


def content(home):
    files = [file for file in home.rglob("*") if file.is_file() and not file.name.endswith(("-shm", "-wal"))]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def ill(findings):
    return {name for name, finding in findings.items() if finding.status != "PASS"} - {"memory", "disk", "file system"}


@pytest.mark.parametrize("full", [False, True])
def test_a_shop_in_health(home, found, full):
    before = content(home)
    findings = found(full)
    assert ill(findings) == set() and {"python", "store", "index", "vectors", "release", "encoder"} <= findings.keys()
    assert content(home) == before
    assert all(finding.cure for finding in findings.values() if finding.status != "PASS")


def test_a_home_that_is_not_there_is_not_made(found, tmp_path):
    findings = found()
    assert not (tmp_path / "home").exists() and {"home", "store", "release", "index"} <= ill(findings)
    assert "FAIL" not in {finding.status.value for finding in findings.values()}


def test_a_home_that_is_a_file(found, tmp_path):
    (tmp_path / "home").write_text("x")
    assert found()["home"].status == "FAIL"


def test_wrong_settings_are_a_finding_not_the_end(home, found):
    findings = found(port="abc")
    assert "ZHANGGUI_PORT must be an int" in findings["settings"].fact and findings["store"].status == "PASS"
    assert "ZHANGGUI_PROT" in found(prot="1")["settings"].fact
    assert "s3cret" not in "".join(finding.fact for finding in found().values())


def test_a_damaged_store(home, found):
    for name in ("shop.db-wal", "shop.db-shm"):
        (home / name).unlink(missing_ok=True)
    content = bytearray((home / "shop.db").read_bytes())
    content[8192:20000] = b"\xff" * (20000 - 8192)
    (home / "shop.db").write_bytes(content)
    assert found()["store"].status == "FAIL"
    (home / "shop.db").write_bytes(b"hello" * 1000)
    store = found()["store"]
    assert store.status == "FAIL" and "not a database" in store.fact and "\n" not in store.fact


def test_a_store_of_another_version(home, found):
    with closing(sqlite3.connect(home / "shop.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert found()["tables"].status == "FAIL"
    with closing(sqlite3.connect(home / "shop.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert found()["tables"].status == "WARN"


def test_an_event_of_the_future(home, found):
    assert found(now=NOW - 3_600_000)["clock"].status == "WARN"


def test_projections_that_are_behind_or_of_another_store(home, found, tmp_path):
    with closing(open_store(home / "shop.db")) as store:
        store.put_products([Product("c", "cup")])
    findings = found()
    assert findings["index"].value == 1 and findings["vectors"].status == "WARN"
    other = tmp_path / "other.db"
    open_store(other).close()
    assert "not of this Store" in found(store=other)["index"].fact


def test_a_torn_index_and_a_torn_state(home, found):
    for file in (home / "index/text").glob("*"):
        file.write_bytes(b"")
    (home / "state/online.npz").write_bytes(b"PK")
    findings = found()
    assert findings["index"].status == "WARN" and findings["online state"].status == "FAIL"


def test_an_altered_release(home, found):
    (home / "releases/r1/a").write_text("b")
    assert "SHA-256" in found()["release"].fact and found()["release"].status == "FAIL"


def test_vectors_with_a_torn_end(home, found):
    (file,) = (home / "vectors").glob("*.vec")
    with file.open("ab") as stream:
        stream.write(b"torn")
    assert "4 bytes at the end are torn" in found()["vectors"].fact
    file.unlink()
    assert found()["vectors"].value == 0


def test_an_encoder_that_is_not_there(home, found):
    assert found(encoder="/nowhere/at/all")["encoder"].status == "FAIL"
    assert found(encoder="none")["encoder"].status == "WARN"


def test_lines_that_wait_to_be_mended(home, found):
    (home / "rejects").mkdir()
    (home / "rejects/events-1.jsonl").write_text("{}\n")
    assert found()["lines set aside"].status == "WARN"


def test_whoever_holds_the_home_is_named_and_not_disturbed(home, found):
    code = (
        "import sys, pathlib; from zhanggui.app.home_lock import held\n"
        "with held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert f"process {holder.pid}" in found()["server"].fact
        holder.kill()  # what it wrote down stays
    assert found()["server"].fact == "No process has the home open"
    with held(home) as lock:
        lock.tell("http://127.0.0.1:1")
        assert found()["server"].status == "FAIL" and str(os.getpid()) in found()["server"].cure


def test_the_kind_of_file_system(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nsrv:/x /data nfs4 rw 0 0\n/dev/b /data/fast xfs rw 0 0\n")
    folder = type(tmp_path)
    assert file_system(folder("/data/shop"), mounts) == "nfs4"
    assert file_system(folder("/data/fast/shop"), mounts) == "xfs"
    assert file_system(folder("/home"), mounts) == "ext4"
    assert file_system(folder("/"), tmp_path / "none") == ""


def test_a_store_on_postgresql(found, postgres):
    place = postgres.database()
    with closing(open_store(place)) as store:
        store.put_products([Product("t", "tea")])
    finding = found(store=place)["store"]
    assert finding.fact.startswith("PostgreSQL 1") and "collation" in finding.fact and "s3cret" not in finding.fact
    gone = found(store="postgresql://me:s3cret@127.0.0.1:1/shop")["store"]
    assert gone.status == "FAIL" and "does not answer" in gone.fact and "s3cret" not in gone.fact + gone.cure
