from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.training.language.export.graph import cross_graph, encoder_graph
from zhanggui.training.language.export.precision import Precision, Storage
from zhanggui.training.language.export.shape import WORDS, first, plain, with_layers

from .made import SHAPE, made_head, made_state

IDS = np.array([[5, 6, 7, 2], [8, 2, 1, 1]])
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]])


def run(graph, **feeds):
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"input_ids": IDS, "attention_mask": MASK} | feeds)[0]


@pytest.mark.parametrize("bits", [4, 8])
def test_rounded_words_and_matrices_stay_near(bits):
    state = made_state()
    exact = run(encoder_graph(state, SHAPE, pooling=Pooling.MEAN))
    near = run(encoder_graph(state, SHAPE, pooling=Pooling.MEAN, storage=Storage(Precision.INT8, bits)))
    assert np.einsum("nd,nd->n", exact, near).min() > (0.99 if bits == 4 else 0.999)
    assert not np.array_equal(exact, near)


def test_padding_changes_nothing():
    graph = encoder_graph(made_state(), SHAPE, pooling=Pooling.MEAN)
    alone = run(graph, input_ids=IDS[1:, :2], attention_mask=MASK[1:, :2])
    assert np.allclose(alone[0], run(graph)[1], atol=1e-5)


def test_two_classes_are_scored_by_how_much_more_the_second_says():
    types = np.zeros_like(IDS)
    two = made_head(classes=2)
    each = [
        run(
            cross_graph(
                made_state() | {"classifier.weight": two["classifier.weight"][[c]], "classifier.bias": np.zeros(1)},
                SHAPE,
            ),
            token_type_ids=types,
        )
        for c in (0, 1)
    ]
    both = run(cross_graph(made_state() | two, SHAPE), token_type_ids=types)
    assert both.shape == (2,) and np.allclose(both, each[1] - each[0] + 1, atol=1e-5)


def test_token_types_are_read():
    graph = cross_graph(made_state() | made_head(), SHAPE)
    zeros = run(graph, token_type_ids=np.zeros_like(IDS))
    assert not np.allclose(zeros, run(graph, token_type_ids=np.ones_like(IDS)))


def test_what_is_missing_or_out_of_range_is_named():
    state = made_state()
    with pytest.raises(ConfigError, match="needs a head of one or two classes"):
        cross_graph(state, SHAPE)
    with pytest.raises(ConfigError, match=r"hold no encoder.layer.2.attention.self.query.weight"):
        encoder_graph(state, replace(SHAPE, layers=3), pooling=Pooling.MEAN)
    with pytest.raises(ConfigError, match="at most 32 coordinates. Got dim=33"):
        encoder_graph(state, SHAPE, pooling=Pooling.MEAN, dim=33)
    with pytest.raises(ConfigError, match=r"some of 0..1. Got \[0, 1, 2\]"):
        with_layers(state, SHAPE, first(3))
    with pytest.raises(ConfigError, match=f"hold no {WORDS}"):
        plain({"head.weight": np.zeros(1)})


@pytest.mark.parametrize("pooling", list(Pooling))
def test_the_graph_itself_gives_unit_vectors(pooling):
    vectors = run(encoder_graph(made_state(), SHAPE, pooling=pooling))
    assert vectors.shape == (2, 32) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
