"""Backup and restore: the restored shop gives the same answers; whatever is not whole is refused untouched."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import InputError, StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.archive import restore, write_backup
from zhanggui.data.release import Facts, promote, write_release
from zhanggui.data.store import open_store

CLOCK = FixedClock(1_760_000_000_000)
WRITER = """
import itertools, sys
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
store = open_store(sys.argv[1])
for n in itertools.count():
    store.put_products([Product(f"p{n}")])
    store.put_events(Event(f"{n}/{k}", f"u{n}", EventType.VIEW, n, f"p{n}") for k in range(3))
    print(n, flush=True)
"""


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    with closing(open_store(home / "shop.db")) as store:
        store.put_products([Product("tea", title="龙井茶", price=9.5), Product("mug")])
        store.remove_products(["mug"])
        store.put_events(
            Event(f"e{n}", f"u{n % 7}", EventType.VIEW, n, "tea", value=-0.0 if n % 2 else float("inf"), text="é\n\t")
            for n in range(5_000)
        )

    def filled(folder):
        (folder / "model").mkdir()
        (folder / "model/weights.npz").write_bytes(b"\0weights" * 50_000)
        return Facts()

    write_release(home, name="r1", clock=CLOCK, fill=filled)
    promote(home, "r1")
    (home / "vectors").mkdir()
    (home / "vectors/e5-384.vec").write_bytes(bytes(range(256)) * 100)
    (home / "vectors/e5-384.tok").write_bytes(bytes(range(256)) * 90)
    (home / "vectors/e5-384.vec.new").write_bytes(b"not whole")
    (home / "index").mkdir()
    return home


@pytest.fixture
def file(home, tmp_path):
    file = tmp_path / "shop.tar"
    write_backup(file, home=home, store=home / "shop.db", clock=CLOCK)
    return file


def content(place):
    with closing(open_store(place)) as store:
        return store.totals(), store.position(), store.changes(0, limit=100_000), list(store.all_products())


def refused(file, tmp_path):
    target = tmp_path / "never"
    with pytest.raises(InputError) as caught:
        restore(file, home=target, store=target / "shop.db")
    assert not target.exists() and "\n" not in str(caught.value)
    return str(caught.value)


def rewritten(file, tmp_path, change):
    """Copy a backup; `change(info, content)` may change a member or leave it out."""
    other = tmp_path / "other.tar"
    with tarfile.open(file) as old, tarfile.open(other, "w", format=tarfile.GNU_FORMAT) as new:
        for info in old:
            made = change(info, old.extractfile(info).read())
            if made:
                info, body = made
                info.size = len(body)
                source = tmp_path / "member"
                source.write_bytes(body)
                with source.open("rb") as stream:
                    new.addfile(info, stream)
    return other


def test_what_was_backed_up_comes_back(home, file, tmp_path):
    target = tmp_path / "deep/restored"
    steps = []
    manifest = restore(file, home=target, store=target / "shop.db", on_progress=lambda *step: steps.append(step))
    assert content(target / "shop.db") == content(home / "shop.db")
    assert manifest.release == "r1" and manifest.position == 5003 and steps[-1] == (manifest.rows - 5, manifest.rows)
    for name in (
        "releases/CURRENT",
        "releases/r1/manifest.json",
        "releases/r1/model/weights.npz",
        "vectors/e5-384.tok",
        "vectors/e5-384.vec",
    ):
        assert (target / name).read_bytes() == (home / name).read_bytes()
    assert sorted(entry.name for entry in target.iterdir()) == ["releases", "shop.db", "vectors"]


def test_the_same_shop_makes_the_same_backup(home, file, tmp_path):
    write_backup(tmp_path / "again.tar", home=home, store=home / "shop.db", clock=CLOCK)
    assert (tmp_path / "again.tar").read_bytes() == file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0  # people's events are in it


def test_a_restore_may_go_to_another_engine(file, home, tmp_path, postgres):
    url, again = postgres.database(), tmp_path / "again.tar"
    restore(file, home=tmp_path / "two", store=url)
    assert content(url) == content(home / "shop.db")
    write_backup(again, home=tmp_path / "two", store=url, clock=CLOCK)
    assert again.read_bytes() == file.read_bytes()
    with pytest.raises(StoreError, match="holds something"):
        restore(file, home=tmp_path / "three", store=url)


def test_while_another_process_writes_it_is_a_prefix_of_the_feed(tmp_path, new_place):
    place = new_place()
    open_store(place).close()
    with subprocess.Popen([sys.executable, "-c", WRITER, place], stdout=subprocess.PIPE, text=True) as writer:
        try:
            for number in range(3):
                for _ in range(5):
                    assert writer.stdout.readline()
                write_backup(tmp_path / f"{number}.tar", home=tmp_path / "home", store=place, clock=CLOCK)
        finally:
            writer.kill()
    whole = content(place)[2]
    positions = []
    for number in range(3):
        path = tmp_path / f"restored{number}"
        restore(tmp_path / f"{number}.tar", home=path, store=path / "shop.db")
        totals, position, changes, _ = content(path / "shop.db")
        assert changes == whole[:position] and position % 4 in (0, 1)
        assert totals.products + totals.events == position and totals.users == (position + 2) // 4
        positions.append(position)
    assert positions == sorted(positions) and positions[0] >= 17


def test_a_torn_backup_is_refused(file, tmp_path):
    whole, torn = file.read_bytes(), tmp_path / "torn.tar"
    for length in (0, 100, 512, 5_000, len(whole) // 2, len(whole) - 1_100, len(whole) - 1_600, len(whole) - 2_100):
        torn.write_bytes(whole[:length])
        assert "estore from another one" in refused(torn, tmp_path)


def test_an_altered_backup_is_refused(file, tmp_path):
    """Every member, its header, the manifest and its proof: one byte is enough."""
    whole, altered = file.read_bytes(), tmp_path / "altered.tar"
    with tarfile.open(file) as tar:
        places = [place for info in tar for place in (info.offset, info.offset_data + info.size // 2)]
    assert len(places) > 16
    for place in places:
        altered.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "estore from another one" in refused(altered, tmp_path)


def test_a_foreign_file_is_refused(tmp_path):
    foreign = tmp_path / "foreign"
    for body in (b"", b"hello", os.urandom(5_000), gzip.compress(b"hello"), bytes(10_240)):
        foreign.write_bytes(body)
        assert "no backup of zhanggui" in refused(foreign, tmp_path)
    with tarfile.open(foreign, "w") as tar:
        tar.add(__file__, "manifest.json")
        tar.add(__file__, "manifest.sha256")
    refused(foreign, tmp_path)
    assert "cannot be read: Is a directory" in refused(tmp_path, tmp_path)
    assert "cannot be read: No such file" in refused(tmp_path / "nothing", tmp_path)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "releases/../../evil", "releases/r1/../../../evil", "evil"])
def test_a_path_that_leads_out_is_refused(file, tmp_path, name):
    def change(info, body):
        info.name = name if info.name.endswith(".vec") else info.name
        return info, body

    assert "cannot be one of ours" in refused(rewritten(file, tmp_path, change), tmp_path)


def test_a_link_is_refused(file, tmp_path):
    def change(info, body):
        if info.name.endswith(".vec"):
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            return info, b""
        return info, body

    assert "cannot be one of ours" in refused(rewritten(file, tmp_path, change), tmp_path)


def test_a_missing_or_added_member_is_refused(file, tmp_path):
    missing = rewritten(file, tmp_path, lambda info, body: None if info.name.endswith(".vec") else (info, body))
    assert "its members are not those" in refused(missing, tmp_path)


def test_tables_of_a_newer_version_are_refused(file, tmp_path):
    made = {}

    def change(info, body):
        if info.name == "manifest.json":
            made["body"] = json.dumps(json.loads(body) | {"revision": "9999"}).encode()
            return info, made["body"]
        if info.name == "manifest.sha256":
            return info, hashlib.sha256(made["body"]).hexdigest().encode() + b"\n"
        return info, body

    newer = rewritten(file, tmp_path, change)
    with pytest.raises(StoreError, match=r"'9999'.*pip install --upgrade"):
        restore(newer, home=tmp_path / "never", store=tmp_path / "never/shop.db")


def test_an_old_log_beside_the_store_takes_no_part_in_what_is_restored(file, home, tmp_path):
    """SQLite's `-wal` of a database that is gone: refused within the home, removed beside a Store that is elsewhere."""
    target, other = tmp_path / "restored", tmp_path / "elsewhere"
    with closing(open_store(tmp_path / "old.db")) as old:
        old.put_products([Product("old")])
        remains = {kind: (tmp_path / f"old.db{kind}").read_bytes() for kind in ("-wal", "-shm")}
    for folder in (target, other):
        folder.mkdir()
        for kind, body in remains.items():
            (folder / f"shop.db{kind}").write_bytes(body)
    with pytest.raises(InputError, match="holds something already: shop.db-shm, shop.db-wal"):
        restore(file, home=target, store=target / "shop.db")
    restore(file, home=tmp_path / "new", store=other / "shop.db")
    left = [other / f"shop.db{kind}" for kind in remains]
    assert not any(log.exists() for log in left)
    assert content(other / "shop.db") == content(home / "shop.db")


def test_a_home_that_holds_something_is_left_alone(file, home):
    before = content(home / "shop.db")
    with pytest.raises(InputError, match="holds something already: index, releases, shop.db"):
        restore(file, home=home, store=home / "shop.db")
    assert content(home / "shop.db") == before


def test_a_restore_that_broke_off_starts_over(file, home, tmp_path):
    target = tmp_path / "restored"

    def broken(done, total):
        if done >= 3_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(file, home=target, store=target / "shop.db", on_progress=broken)
    with pytest.raises(StoreError, match=r"half a copy.*zhanggui restore"):
        open_store(target / "shop.db")
    restore(file, home=target, store=target / "shop.db")
    assert content(target / "shop.db") == content(home / "shop.db")
    with pytest.raises(InputError, match="holds something"):
        restore(file, home=target, store=target / "shop.db")


def test_a_backup_may_replace_a_backup(file, home, tmp_path):
    older = file.read_bytes()
    with closing(open_store(home / "shop.db")) as store:
        store.put_products([Product("new")])
    write_backup(file, home=home, store=home / "shop.db", clock=CLOCK, replace=True)
    assert file.read_bytes() != older
    assert restore(file, home=tmp_path / "restored", store=tmp_path / "restored/shop.db").position == 5004


def test_a_backup_that_fails_leaves_nothing(home, tmp_path):
    def full(done, total):
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        write_backup(tmp_path / "out.tar", home=home, store=home / "shop.db", clock=CLOCK, on_progress=full)
    with pytest.raises(InputError, match="cannot be written: No such file"):
        write_backup(tmp_path / "no/out.tar", home=home, store=home / "shop.db", clock=CLOCK)
    (tmp_path / "there").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write_backup(tmp_path / "there", home=home, store=home / "shop.db", clock=CLOCK)
    with pytest.raises(InputError, match="is no backup, so it is not replaced"):
        write_backup(tmp_path / "there", home=home, store=home / "shop.db", clock=CLOCK, replace=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "there"]
    assert Path(tmp_path / "there").read_text() == "mine"
