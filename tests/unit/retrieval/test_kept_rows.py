import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zhanggui.core.passage import content_hash
from zhanggui.retrieval.vectors import KeptRows, Policy, graph_file, said
from zhanggui.retrieval.vectors.exact import ExactRows
from zhanggui.retrieval.vectors.graph_rows import GraphRows

DIM, N = 16, 1500
POLICY = Policy(exact=600, late=300, calm=0.0, threads=1)
ROWS = np.arange(N)
TEXTS = 10 + ROWS


def unit(n, seed=1):
    drawn = np.random.default_rng(seed).standard_normal((n, DIM))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


VECTORS = unit(N)


def settle(kept):
    for _ in range(100):
        if kept.settled(timeout=10):
            return kept
    raise AssertionError("never at rest")


@pytest.fixture
def make(tmp_path):
    made = []

    def one(**options):
        made.append(KeptRows(tmp_path, dim=DIM, policy=POLICY, **options))
        return made[-1]

    yield one
    for kept in made:
        kept.close()


def full(make, *, step=N):
    """All vectors in a graph; in several steps the last ones may stay beside it."""
    kept = make()
    for at in range(0, N, step):
        kept.say(ROWS[at : at + step], TEXTS[at : at + step])
        kept.put(ROWS[at : at + step], VECTORS[at : at + step])
    return settle(kept)


def nearest(kept, vector, k=1):
    return kept.now().ask(vector).nearest(np.ones(2 * N, np.bool_), k=k)[0].tolist()


def all_right(kept, rows, vectors):
    assert np.array_equal(kept.now().get(rows), vectors)
    assert sum(nearest(kept, vector) == [row] for row, vector in zip(rows[::50], vectors[::50], strict=True)) >= (
        0.97 * len(rows[::50])
    )


def test_few_are_scanned_and_nothing_is_kept(make, tmp_path):
    kept = make()
    kept.say(ROWS[:500], TEXTS[:500])
    kept.put(ROWS[:500], VECTORS[:500])
    assert isinstance(settle(kept).now(), ExactRows) and not list(tmp_path.iterdir())


def test_many_make_a_graph_by_themselves_which_grows(make, tmp_path):
    kept = full(make, step=250)
    assert isinstance(kept.now(), GraphRows) and len(kept.now().graph) >= N - POLICY.late
    assert {path.suffix for path in tmp_path.iterdir()} == {".faiss", ".npz"} and len(list(tmp_path.iterdir())) == 2
    all_right(kept, ROWS, VECTORS)
    assert kept.count() == (N, N) and kept.lacking(limit=9) == []


def test_readers_go_on_with_the_state_they_have_while_a_graph_takes_its_place(make):
    kept, wrong, stop = make(), [], threading.Event()
    kept.say(ROWS, TEXTS)
    kept.put(ROWS[:500], VECTORS[:500])

    def read():
        while not stop.is_set():
            if nearest(kept, VECTORS[7]) != [7]:
                wrong.append(kept.now())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for at in range(500, N, 100):
        kept.put(ROWS[at : at + 100], VECTORS[at : at + 100])
    settle(kept)
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong and isinstance(kept.now(), GraphRows)


def test_opened_again_rows_find_their_vectors_by_what_they_say(make):
    full(make).close()
    moved = np.roll(TEXTS, 5)  # an index that was made anew numbers its rows as it likes
    moved[3] = 99_999
    kept = settle(make(texts=moved))
    held = np.flatnonzero(ROWS != 3)
    all_right(kept, held, np.roll(VECTORS, 5, axis=0)[held])
    assert kept.count() == (N - 1, N) and kept.lacking(limit=9) == [3]


def test_what_happens_while_a_kept_graph_is_read_is_not_lost(make, monkeypatch):
    full(make).close()
    go, load = threading.Event(), graph_file.load
    monkeypatch.setattr(graph_file, "load", lambda *given, **options: go.wait(10) and load(*given, **options))
    kept = make(texts=TEXTS)
    assert kept.lacking(limit=9) == [] and kept.count() == (0, N)
    new = unit(2, seed=5)
    kept.say(np.array([0, 1, 2, N]), np.array([500_000, 500_001, 0, 500_002]))
    kept.put(np.array([0, N]), new, np.array([500_000, 500_002]))
    go.set()
    settle(kept)
    assert np.array_equal(kept.now().get([0, N]), new) and kept.lacking(limit=9) == [1]
    assert kept.count() == (N - 1, N) and kept.now().slot[2] == -1


def test_a_text_that_comes_back_finds_its_vector(make):
    kept = full(make)
    kept.say(np.array([4, 5]), np.array([77_777, 0]))
    assert kept.lacking(limit=9) == [4] and 5 not in nearest(kept, VECTORS[5], k=3)
    kept.say(np.array([4, 5, 2000]), np.array([TEXTS[4], TEXTS[5], TEXTS[4]]))
    assert kept.lacking(limit=9) == [] and nearest(kept, VECTORS[4], k=2) == [4, 2000]


def test_a_vector_of_an_older_text_is_not_taken(make):
    kept = make()
    kept.say(np.array([0, 1]), np.array([5, 6]))
    kept.put(np.array([0, 1]), VECTORS[:2], np.array([5, 9]))
    assert kept.now().slot[:1].tolist() == [0] and kept.lacking(limit=9) == [1]


def test_silent_rows_lack_nothing(make):
    kept = make()
    kept.say(np.arange(3), np.array([0, said(content_hash("")), said(content_hash("tea"))]))
    assert kept.count() == (0, 1) and kept.lacking(limit=9) == [2]


def test_a_graph_that_is_worn_is_made_anew(make):
    kept = full(make)
    kept.say(ROWS[:900], np.zeros(900, np.int64))
    settle(kept)
    assert len(kept.now().graph) == 600 and kept.now().dead() == 0
    all_right(kept, ROWS[900:], VECTORS[900:])


def test_a_graph_that_grows_large_gets_more_links(tmp_path):
    kept = KeptRows(tmp_path, dim=DIM, policy=replace(POLICY, large=1200))
    try:
        for part in (slice(0, 1000), slice(1000, N)):
            kept.say(ROWS[part], TEXTS[part])
            kept.put(ROWS[part], VECTORS[part])
            settle(kept)
            assert kept.now().graph.dense is (part.stop > 1200) and len(kept.now().graph) == part.stop
        all_right(kept, ROWS, VECTORS)
    finally:
        kept.close()
    again = settle(KeptRows(tmp_path, dim=DIM, policy=replace(POLICY, large=1200), texts=TEXTS))
    assert again.now().graph.dense
    again.close()


@pytest.mark.parametrize("fault", ["torn", "altered", "lost", "meta"])
def test_a_damaged_graph_counts_as_none(make, tmp_path, caplog, fault):
    full(make).close()
    graph = next(tmp_path.glob("graph-*.faiss"))
    content = graph.read_bytes()
    damage = {
        "torn": lambda: graph.write_bytes(content[: len(content) // 2]),
        "altered": lambda: graph.write_bytes(content[:9000] + bytes([content[9000] ^ 1]) + content[9001:]),
        "lost": graph.unlink,
        "meta": lambda: (tmp_path / "graph.npz").write_bytes(b"PK nonsense"),
    }
    damage[fault]()
    kept = settle(make(texts=TEXTS))
    assert kept.count() == (0, N) and len(kept.lacking(limit=N)) == N
    kept.put(ROWS, VECTORS)
    all_right(settle(kept), ROWS, VECTORS)
    assert isinstance(kept.now(), GraphRows) and len(list(tmp_path.iterdir())) == 2


def test_another_encoders_graph_is_not_used(make, tmp_path):
    full(make).close()
    kept = settle(make(texts=TEXTS, encoder="another"))
    assert kept.count() == (0, N)


def test_a_folder_that_takes_no_file_does_not_keep_the_graph_from_serving(tmp_path, caplog):
    folder = tmp_path / "file"
    folder.write_text("not a folder", "utf-8")
    kept = KeptRows(folder, dim=DIM, policy=POLICY)
    kept.put(ROWS, VECTORS)
    all_right(settle(kept), ROWS, VECTORS)
    kept.put(ROWS, unit(N, seed=3))  # and it grows from memory
    all_right(settle(kept), ROWS, unit(N, seed=3))
    assert isinstance(kept.now(), GraphRows) and "used from memory" in caplog.text
    kept.close()


def test_closing_leaves_what_is_being_made(tmp_path):
    kept = KeptRows(tmp_path, dim=DIM, policy=Policy(exact=600, calm=60.0))
    kept.put(ROWS, VECTORS)
    kept.close()
    assert kept.settled(timeout=0) and isinstance(kept.now(), ExactRows) and not list(Path(tmp_path).iterdir())
