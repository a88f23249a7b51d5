"""Write a BERT encoder (Devlin et al. 2019: post-norm, exact GELU) as an ONNX graph, from arrays under HF's names.

An encoder takes `input_ids` and `attention_mask` (B, L) and gives unit vectors `sentence_embedding` (B, dim), and
`token_states` (B, L, hidden) for late interaction.
A model with a head takes `token_type_ids` too and gives `logits` (B,): with two classes, how much more the second.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats
from zhanggui.encoders.graph_parts import MS, TOKENS, TOKENS_BEFORE_THE_END, VECTOR, Parts
from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.encoders.rows import rows_of_7_bits, rows_of_8_bits
from zhanggui.training.language.export.precision import (
    BLOCK,
    EXACT,
    Precision,
    Storage,
    eight_bits,
    four_bits,
)
from zhanggui.training.language.export.shape import WORDS, Shape, State

_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def encoder_graph(
    state: State,
    shape: Shape,
    *,
    pooling: Pooling,
    storage: Storage = EXACT,
    dim: int | None = None,
    tokens: bool = True,
) -> onnx.ModelProto:
    """Return the graph of a bi-encoder; `dim` keeps the first coordinates only (Matryoshka).

    With `tokens` it gives the states of tokens, too, where it has layers enough (`TOKENS_BEFORE_THE_END`).
    """
    dim = dim or shape.hidden
    if not 0 < dim <= shape.hidden:
        raise ConfigError(f"A vector of this model has at most {shape.hidden} coordinates. Got dim={dim}.")
    graph = _Bert(state, shape, storage)
    states = graph.encode(types=False)
    vector = graph.parts.summed_over_the_mask(states) if pooling is Pooling.MEAN else graph.first_token(states)
    graph.parts.finish("LpNormalization", [graph.cut(vector, dim)], VECTOR, axis=-1, p=2)
    outputs: dict[str, list[str | int]] = {VECTOR: ["batch", dim]}
    if tokens and len(graph.states) > TOKENS_BEFORE_THE_END:
        graph.parts.finish("Identity", [graph.states[-1 - TOKENS_BEFORE_THE_END]], TOKENS)
        outputs[TOKENS] = ["batch", "length", shape.hidden]
    return graph.parts.model("bi-encoder", _INPUTS[:2], outputs)


def cross_graph(state: State, shape: Shape, *, storage: Storage = EXACT) -> onnx.ModelProto:
    """Return the graph of a cross-encoder with the head that the weights hold."""
    graph = _Bert(state, shape, storage)
    first = graph.first_token(graph.encode(types=True))
    for dense in ("pooler.dense", "classifier.dense"):
        if f"{dense}.weight" in state:
            first = graph.parts.node("Tanh", [graph.linear(dense, [dense], first)])
    head = next((name for name in ("classifier.out_proj", "classifier", "score") if f"{name}.weight" in state), None)
    if head is None or len(state[f"{head}.weight"]) > 2:
        raise ConfigError("A cross-encoder needs a head of one or two classes (classifier.weight). Train a ranker.")
    score = graph.plain_linear("head", _odds(state[f"{head}.weight"]), _odds(state[f"{head}.bias"]), first)
    graph.parts.finish("Squeeze", [score, graph.parts.constant("last_axis", np.array([1]))], "logits")
    return graph.parts.model("cross-encoder", _INPUTS, {"logits": ["batch"]})


def linear_names(shape: Shape) -> list[str]:
    """Return the names of the matrices that `Storage` speaks of, in the order in which they run."""
    return [f"l{layer}.{part}" for layer in range(shape.layers) for part in _PARTS]


def linear_sizes(shape: Shape) -> dict[str, int]:
    """Return how many weights each matrix has."""
    square = shape.hidden * shape.hidden
    sizes = {"qkv": 3 * square, "ao": square, "fi": shape.hidden * shape.inner, "fo": shape.hidden * shape.inner}
    return {name: sizes[name.split(".")[1]] for name in linear_names(shape)}


_PARTS = {
    "qkv": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "ao": ["attention.output.dense"],
    "fi": ["intermediate.dense"],
    "fo": ["output.dense"],
}


@dataclass(frozen=True, slots=True)
class _Bert:
    state: State
    shape: Shape
    storage: Storage
    parts: Parts = field(default_factory=Parts)
    states: list[str] = field(default_factory=list)
    """What each layer gave."""

    def encode(self, *, types: bool) -> str:
        states = self._embed(types=types)
        mask = self.parts.node("Cast", ["attention_mask"], to=TensorProto.INT32)
        for layer in range(self.shape.layers):
            states = self._layer(layer, states, mask)
            self.states.append(states)
        return states

    def _embed(self, *, types: bool) -> str:
        kinds = self._weight("embeddings.token_type_embeddings.weight")
        positions = self._weight("embeddings.position_embeddings.weight")[self.shape.first_position :]
        table = self.parts.constant("positions", positions if types else positions + kinds[:1])
        states = self.parts.node("Add", [self._words(), self.parts.places(table)])
        if types:
            kind = self.parts.node("Gather", [self.parts.constant("types", kinds), "token_type_ids"])
            states = self.parts.node("Add", [states, kind])
        return self._normed("embeddings.LayerNorm", states)

    def _words(self) -> str:
        table = self._weight(WORDS)
        if self.storage.word_bits == 4 and table.shape[1] % BLOCK == 0:
            return self.parts.words_of_4_bits(*four_bits(table))
        if self.storage.word_bits == 32:
            return self.parts.node("Gather", [self.parts.constant("words", table), "input_ids"])
        codes, scales = rows_of_8_bits(table)
        found = self.parts.node("Gather", [self.parts.constant("words", codes), "input_ids"])
        scale = self.parts.node("Gather", [self.parts.constant("word_scales", scales), "input_ids"])
        return self.parts.node("Mul", [self.parts.node("Cast", [found], to=TensorProto.FLOAT), scale])

    def _layer(self, layer: int, states: str, mask: str) -> str:
        at = f"encoder.layer.{layer}."
        names = {part: [at + name for name in parts] for part, parts in _PARTS.items()}
        wide = self.linear(f"l{layer}.qkv", names["qkv"], states)
        three = self.parts.split(wide, [f"l{layer}.query", f"l{layer}.key", f"l{layer}.value"], f"l{layer}.split")
        seen = self.parts.node("MultiHeadAttention", [*three, "", mask], domain=MS, num_heads=self.shape.heads)
        mixed = self.linear(f"l{layer}.ao", names["ao"], seen)
        states = self._normed(at + "attention.output.LayerNorm", self.parts.node("Add", [mixed, states]))
        inner = self.parts.node("Gelu", [self.linear(f"l{layer}.fi", names["fi"], states)], domain=MS)
        outer = self.linear(f"l{layer}.fo", names["fo"], inner)
        return self._normed(at + "output.LayerNorm", self.parts.node("Add", [outer, states]))

    def linear(self, key: str, names: list[str], states: str) -> str:
        """Multiply by the matrices of these names, put side by side, and add their biases."""
        weight = np.concatenate([self._weight(f"{name}.weight") for name in names])
        bias = np.concatenate([self._weight(f"{name}.bias") for name in names])
        if key not in linear_sizes(self.shape) or self.storage.of(key, weight.shape[1]) is Precision.FP32:
            return self.plain_linear(key, weight, bias, states)
        if self.storage.of(key, weight.shape[1]) is Precision.INT8_DYNAMIC:
            return self.parts.linear_of_8_bit_rows(key, states, *rows_of_7_bits(weight), bias)
        block = self.storage.block_of(weight.shape[1])
        return self.parts.linear_of_8_bits(key, states, *eight_bits(weight, block=block), bias)

    def plain_linear(self, key: str, weight: Floats, bias: Floats, states: str) -> str:
        """Multiply in fp32: weight (outputs, inputs)."""
        product = self.parts.node("MatMul", [states, self.parts.constant(f"{key}.w", weight.T)])
        return self.parts.node("Add", [product, self.parts.constant(f"{key}.b", bias)])

    def first_token(self, states: str) -> str:
        return self.parts.node("Gather", [states, self.parts.constant("token", np.array(0))], axis=1)

    def cut(self, vector: str, dim: int) -> str:
        if dim == self.shape.hidden:
            return vector
        ends = [
            self.parts.constant(f"cut_{name}", np.array([at])) for name, at in (("from", 0), ("to", dim), ("of", 1))
        ]
        return self.parts.node("Slice", [vector, *ends])

    def _normed(self, name: str, states: str) -> str:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self.parts.normed(name, states, weight, bias, epsilon=self.shape.epsilon)

    def _weight(self, name: str) -> Floats:
        try:
            return np.asarray(self.state[name], np.float32)
        except KeyError:
            raise ConfigError(f"The weights hold no {name}. Export an encoder of the BERT family.") from None


def _odds(rows: Floats) -> Floats:
    """Turn two classes into one: how much more the second says than the first."""
    return np.asarray(rows[1:2] - rows[:1] if len(rows) == 2 else rows, np.float32)
