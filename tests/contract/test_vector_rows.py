"""What every `VectorRows` promises; a plain matrix product is the oracle."""

import numpy as np
import pytest

from zhanggui.retrieval.vectors.building import Policy, made_anew
from zhanggui.retrieval.vectors.exact import ExactRows
from zhanggui.retrieval.vectors.graph_rows import GraphRows

DIM, N = 24, 3000
RANDOM = np.random.default_rng(0)


def unit(n, seed):
    drawn = np.random.default_rng(seed).standard_normal((n, DIM))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.astype(np.float16).astype(np.float32)


VECTORS = unit(N, 1)
VECTORS[100:120] = VECTORS[0]  # products that share their text


def exact():
    return ExactRows.empty(DIM).put(range(N), VECTORS)


def graph(tmp_path, first=N):
    """Rows of which the first are the graph's and the others came later."""
    rows = ExactRows.empty(DIM).put(range(first), VECTORS[:first])
    texts = 1 + np.arange(first)
    made = made_anew(rows, texts, tmp_path, encoder="", policy=Policy(threads=1), stopped=lambda: False)
    return made.put(range(first, N), VECTORS[first:]) if first < N else made


@pytest.fixture(params=["exact", "graph", "graph and delta"], scope="module")
def rows(request, tmp_path_factory):
    made = {"exact": exact, "graph": lambda: graph(folder), "graph and delta": lambda: graph(folder, first=2000)}
    folder = tmp_path_factory.mktemp("vectors")
    return made[request.param]()


def oracle(query, allowed, k, vectors=VECTORS, floor=-np.inf):
    cosines = vectors @ query
    found = np.flatnonzero(allowed & (cosines >= floor))
    return found[np.lexsort((found, -cosines[found]))][:k]


def recall(rows, masks, *, k, vectors=VECTORS):
    hits = total = 0
    for query, allowed in zip(unit(len(masks), 7), masks, strict=True):
        found, cosines = rows.ask(query).nearest(allowed, k=k)
        assert np.allclose(cosines, vectors[found] @ query, atol=1e-5) and (np.diff(cosines) <= 0).all()
        assert allowed[found].all() and len(set(found.tolist())) == len(found) == min(k, allowed.sum())
        hits, total = hits + len(np.intersect1d(found, oracle(query, allowed, k, vectors))), total + len(found)
    return hits / total


@pytest.mark.parametrize("share", [1, 0.5, 0.2, 0.05, 0.01, 0.001])
@pytest.mark.parametrize("k", [10, 100])
def test_the_nearest_are_found_whatever_share_is_allowed(rows, share, k):
    assert recall(rows, [np.random.default_rng(seed).random(N) <= share for seed in range(20)], k=k) >= 0.97


def test_filters_that_go_with_meaning(rows):
    axis = VECTORS[:, 0]
    masks = [axis > np.quantile(axis, q) for q in (0.5, 0.8, 0.98)] + [axis < np.quantile(axis, q) for q in (0.5, 0.02)]
    assert recall(rows, masks, k=20) >= 0.97


def test_rows_that_share_a_vector_all_come_in_order(rows):
    found, cosines = rows.ask(VECTORS[0]).nearest(np.ones(N, np.bool_), k=21)
    assert found.tolist() == [0, *range(100, 120)] and np.allclose(cosines, 1, atol=1e-3)
    assert len(set(rows.slot[found].tolist())) == 1


def test_nothing_below_the_floor_comes(rows):
    asked = rows.ask(VECTORS[5])
    floor = asked.floor(deviations=3)
    found, cosines = asked.nearest(np.ones(N, np.bool_), k=50, floor=floor)
    assert found.tolist() == oracle(VECTORS[5], np.ones(N, np.bool_), 50, floor=floor).tolist()
    assert (cosines >= floor).all() and 0 < len(found) < 50


def test_the_floor_is_that_of_all_cosines(rows):
    cosines = VECTORS @ VECTORS[5]
    assert rows.ask(VECTORS[5]).floor(deviations=3) == pytest.approx(cosines.mean() + 3 * cosines.std(), abs=0.02)


def test_cosines_and_vectors_of_rows(rows):
    asked = np.array([0, 7, 2999, 3001])
    cosines = rows.ask(VECTORS[3]).cosines(asked)
    assert np.allclose(cosines[:3], VECTORS[asked[:3]] @ VECTORS[3], atol=1e-6) and np.isnan(cosines[3])
    assert np.array_equal(rows.get(asked[:3]), VECTORS[asked[:3]])


def test_masks_of_another_length(rows):
    for length in (N - 7, N + 7, 0):
        found, _ = rows.ask(VECTORS[0]).nearest(np.ones(length, np.bool_), k=3)
        assert found.tolist() == [0, 100, 101][: length and 3]


def test_changes_make_another_state_and_leave_this_one(rows):
    changed, gone = np.arange(0, N, 3), np.arange(1, N, 7)
    after, vectors = VECTORS.copy(), unit(len(changed), 9)
    after[changed] = vectors
    later = rows.put(changed, vectors).drop(gone)
    masks = [np.random.default_rng(seed).random(N) < share for seed, share in enumerate((1, 0.5, 0.1, 0.02, 0.005))]
    masks = [mask & ~np.isin(np.arange(N), gone) for mask in masks]
    assert recall(later, masks, k=30, vectors=after) >= 0.97
    assert recall(rows, [np.ones(N, np.bool_)], k=30) >= 0.97
    assert np.isnan(later.ask(VECTORS[0]).cosines(gone)).all() and (later.slot[gone] == -1).all()
    assert set(later.since(rows).tolist()) == set(changed.tolist()) | set(gone.tolist())


def test_rows_go_and_come_again(rows):
    ones = np.ones(N + 2, np.bool_)
    back = rows.drop([0, 100]).put([100, N + 1], VECTORS[[0, 0]])
    assert back.ask(VECTORS[0]).nearest(ones, k=21)[0].tolist() == [*range(100, 120), N + 1]
    assert back.slot[[0, N]].tolist() == [-1, -1]


def test_no_rows_at_all():
    empty = ExactRows.empty(DIM)
    asked = empty.ask(VECTORS[0])
    assert asked.nearest(np.ones(3, np.bool_), k=3)[0].tolist() == [] and asked.floor(deviations=3) == -np.inf
    assert np.isnan(asked.cosines(np.arange(3))).all()


def test_a_graph_whose_rows_have_all_gone(tmp_path):
    rows = graph(tmp_path).drop(range(N))
    assert isinstance(rows, GraphRows) and rows.dead() == len(rows.graph)
    found, _ = rows.ask(VECTORS[0]).nearest(np.ones(N, np.bool_), k=3)
    assert found.tolist() == []
