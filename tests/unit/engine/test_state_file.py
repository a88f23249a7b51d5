import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.state_file import StateFile, load
from zhanggui.state.memory import MemoryState

CLOCK = FixedClock(1000)


def view(serial, item):
    return Event(str(serial), "ann", EventType.VIEW, serial, item)


@pytest.fixture
def store():
    store = MemoryStore()
    store.put_events([view(1, "tea"), view(2, "mug")])
    return store


def opened(store, path):
    state = MemoryState(CLOCK)
    file = StateFile(state, path)
    file.open(store)
    return state, file


def items(state):
    return [act.item for act in state.history("ann")]


def test_without_a_snapshot_the_store_is_read(store, tmp_path):
    state, _ = opened(store, tmp_path / "memory.npz")
    assert items(state) == ["tea", "mug"] and state.position == 2
    assert not (tmp_path / "memory.npz").exists()


def test_a_snapshot_spares_the_store(store, tmp_path, monkeypatch):
    opened(store, tmp_path / "memory.npz")[1].save()
    monkeypatch.setattr(store, "interactions", None)
    state, _ = opened(store, tmp_path / "memory.npz")
    assert items(state) == ["tea", "mug"] and state.position == 2


def test_unchanged_is_not_written_again(store, tmp_path):
    path = tmp_path / "memory.npz"
    opened(store, path)[1].save()
    written = path.stat().st_mtime_ns
    state, file = opened(store, path)
    file.save()
    assert path.stat().st_mtime_ns == written
    state.apply([view(3, "cup")], 3)
    file.save()
    assert path.stat().st_mtime_ns > written


@pytest.mark.parametrize("harm", ["torn", "ahead"])
def test_a_bad_snapshot_is_built_anew(store, tmp_path, harm):
    path = tmp_path / "memory.npz"
    state, file = opened(store, path)
    if harm == "ahead":
        state.apply([view(9, "from another store")], 99)
    file.save()
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-50])
    assert items(opened(store, path)[0]) == ["tea", "mug"]


def test_a_state_without_a_path_is_kept_nowhere(store, tmp_path):
    opened(store, None)[1].save()
    assert list(tmp_path.iterdir()) == []


def test_events_written_while_loading_count_once(store, monkeypatch):
    plain, calls = store.interactions, []

    def interactions(*, up_to):
        store.put_events([view(3, "cup")])  # each time: a log that never stands still
        calls.append(up_to)
        return plain(up_to=up_to)

    monkeypatch.setattr(store, "interactions", interactions)
    state = MemoryState(CLOCK)
    load(state, store)
    assert calls == [2] and state.position == 2 and items(state) == ["tea", "mug"]
    state.apply([change.event for change in store.changes(state.position)], store.position())
    assert items(state) == ["tea", "mug", "cup"]


def test_opening_deletes_what_killed_writers_left(store, tmp_path):
    orphan = tmp_path / "memory.npz.4711.tmp"
    orphan.write_bytes(b"half")
    (tmp_path / "other.npz.tmp").write_bytes(b"not ours")
    opened(store, tmp_path / "memory.npz")
    assert not orphan.exists() and (tmp_path / "other.npz.tmp").exists()
