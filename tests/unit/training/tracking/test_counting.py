import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.training.tracking.counting import counted, flattened, precision_recall


def test_a_perfect_order_has_area_one():
    found = precision_recall(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.8, 0.2]))
    assert found.average == 1.0
    assert found.precision.tolist() == [1, 1, 2 / 3, 1 / 2]


def test_equal_scores_are_one_point_whatever_their_order():
    scores = np.array([0.5, 0.5, 0.5, 0.1])
    one, other = (precision_recall(np.array(labels), scores) for labels in ([1, 0, 0, 1], [0, 0, 1, 1]))
    assert one.recall.tolist() == other.recall.tolist() == [0.5, 1.0]
    assert one.average == other.average == pytest.approx(0.5 / 3 + 0.5 * 2 / 4)


def test_nothing_true_and_nothing_at_all_have_no_area():
    assert precision_recall(np.array([0, 0]), np.array([0.3, 0.1])).average == 0.0
    assert len(precision_recall(np.zeros(0, bool), np.zeros(0)).recall) == 0


@given(st.lists(st.floats(width=32), max_size=60))
def test_every_finite_value_is_counted_once(values):
    counts, edges = counted(np.array(values, np.float32))
    assert counts.sum() == np.isfinite(values).sum()
    assert len(edges) == (len(counts) + 1 if len(counts) else 0)
    assert (np.diff(edges) > 0).all()


def test_vectors_on_a_plane_keep_their_distances():
    dice = np.random.default_rng(3)
    plane = dice.normal(size=(20, 2)) @ np.linalg.qr(dice.normal(size=(9, 2)))[0].T
    flat, share = flattened(plane)
    assert share == pytest.approx(1.0)
    apart = [np.linalg.norm(of[:, None] - of[None], axis=-1) for of in (flat, plane)]
    np.testing.assert_allclose(*apart, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 3), (4, 1), (2, 2)])
def test_few_vectors_are_drawn_too(shape):
    flat, share = flattened(np.ones(shape))
    assert flat.shape == (shape[0], 2)
    assert share == 1.0
