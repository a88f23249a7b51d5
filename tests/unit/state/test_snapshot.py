import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.state import snapshot
from zhanggui.state.checks import NOW, event
from zhanggui.state.memory import MemoryState
from zhanggui.state.snapshot import read_snapshot, remove_snapshot, write_snapshot


@pytest.fixture
def path(tmp_path):
    state = MemoryState(FixedClock(NOW))
    state.apply([event("安", "龙井", age=1), event("bob", "tea")], 2)
    write_snapshot(state.memory(), tmp_path / "deep" / "memory.npz")
    return tmp_path / "deep" / "memory.npz"


def test_it_comes_back(path):
    memory = read_snapshot(path)
    assert memory.position == 2 and memory.log.users.ids == ("安", "bob") and memory.log.items.ids == ("龙井", "tea")


def test_only_the_file_itself_is_left(path):
    assert [file.name for file in path.parent.iterdir()] == ["memory.npz"]


def test_absent_counts_as_none(tmp_path):
    assert read_snapshot(tmp_path / "memory.npz") is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_torn_counts_as_none_and_is_told(path, share, caplog):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert read_snapshot(path) is None
    assert "snapshot ignored" in caplog.text


def test_another_format_counts_as_none(path, monkeypatch, caplog):
    monkeypatch.setattr(snapshot, "_FORMAT", 99)
    assert read_snapshot(path) is None
    assert "format 2" in caplog.text


def test_a_folder_in_its_place_counts_as_none_and_is_put_aside(path, caplog):
    memory = read_snapshot(path)
    path.unlink()
    (path / "strange").mkdir(parents=True)
    assert read_snapshot(path) is None
    write_snapshot(memory, path)
    assert read_snapshot(path).position == memory.position
    assert sorted(file.name for file in path.parent.iterdir()) == ["memory.npz", "memory.npz.aside-1"]
    assert "memory.npz.aside-1" in caplog.text


def test_a_folder_in_its_place_does_not_hinder_removing(path):
    path.unlink()
    path.mkdir()
    remove_snapshot(path)
    assert [file.name for file in path.parent.iterdir()] == ["memory.npz.aside-1"]


def test_nothing_is_left_behind_where_it_cannot_be_written(path, monkeypatch):
    memory = read_snapshot(path)
    beside = path.with_name("memory.npz.7.tmp")
    monkeypatch.setattr(snapshot.os, "getpid", lambda: 7)
    monkeypatch.setattr(snapshot.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_snapshot(memory, path)
    assert not beside.exists() and read_snapshot(path).position == memory.position
