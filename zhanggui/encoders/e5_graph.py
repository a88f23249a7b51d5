"""Write multilingual-e5-small as an ONNX graph, by numpy and `onnx.helper`: tokens in, unit vectors and states out.

The weights stay in the blocks in which they were stored: nothing is rounded again, and the whole graph takes 85 MB.
ONNX Runtime's `GatherBlockQuantized` reads the word table (4 bits) and `MatMulNBits` multiplies by such blocks; its
kernel for codes of 8 bits is 12% faster than that for 4, so the 4-bit codes of matrices are put into bytes. The graph
of queries multiplies whole rows of 7 bits instead, with one scale for the states of a call (`DynamicQuantizeMatMul`):
more than twice as fast and less near, which the vectors of items, kept for good, do without (docs/decisions/0010).
Layer: BERT (Devlin et al. 2019), post-norm, exact GELU. Pooling: mean over the mask, then L2 (the model's card).
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from zhanggui.encoders.e5_file import BLOCK, E5File
from zhanggui.encoders.graph_parts import MS, TOKENS, TOKENS_BEFORE_THE_END, VECTOR, Parts
from zhanggui.encoders.rows import rows_of_7_bits

VERSION = 4
"""Number of the graph's form: raise it when `build_graph` changes, and caches are built anew."""

_ZERO = 8
_TO_BYTES = np.uint8(128 - _ZERO)
"""Moves the zero of a 4-bit code (8) to the zero of an 8-bit code (128)."""


def build_graph(weights: E5File, *, queries: bool = False) -> onnx.ModelProto:
    """Return the model: `input_ids`, `attention_mask` int64 (B, L) to `VECTOR` (B, hidden) and `TOKENS`, fp32.

    That of `queries` wants one text a call: of several, what one gets depends on the others.
    """
    graph = _Graph(weights, queries=queries)
    states = graph.embed()
    mask = graph.parts.node("Cast", ["attention_mask"], to=TensorProto.INT32)
    last, width = weights.config.layers, weights.config.hidden
    for layer in range(last):
        states = graph.layer(layer, states, mask)
        if layer == last - 1 - TOKENS_BEFORE_THE_END:
            graph.parts.finish("Identity", [states], TOKENS)
    graph.parts.finish("LpNormalization", [graph.parts.summed_over_the_mask(states)], VECTOR, axis=-1, p=2)
    outputs: dict[str, list[str | int]] = {VECTOR: ["batch", width], TOKENS: ["batch", "length", width]}
    return graph.parts.model("multilingual-e5-small", ["input_ids", "attention_mask"], outputs)


class _Graph:
    def __init__(self, weights: E5File, *, queries: bool) -> None:
        self.weights, self.config, self.queries = weights, weights.config, queries
        self.parts = Parts()

    def embed(self) -> str:
        positions = self.weights.floats("emb.pos") + np.tile(self._type(), self.config.positions)
        self.parts.constant("positions", positions.reshape(-1, self.config.hidden))
        places = self.parts.places("positions")
        return self._normed("emb.ln", self.parts.node("Add", [self._words(), places]))

    def _type(self) -> NDArray[np.float32]:
        return self.weights.floats("emb.type")[: self.config.hidden]

    def _words(self) -> str:
        codes, scales = self.weights.blocks("emb.word")
        return self.parts.words_of_4_bits(codes, scales.reshape(self.config.vocabulary, -1))

    def layer(self, layer: int, states: str, mask: str) -> str:
        wide = self._linear([f"l{layer}.{part}" for part in "qkv"], states, self.config.hidden)
        parts = self.parts.split(wide, [f"l{layer}.query", f"l{layer}.key", f"l{layer}.value"], f"l{layer}.split")
        seen = self.parts.node("MultiHeadAttention", [*parts, "", mask], domain=MS, num_heads=self.config.heads)
        mixed = self._linear([f"l{layer}.ao"], seen, self.config.hidden)
        states = self._added(f"l{layer}.aln", mixed, states)
        inner = self.parts.node("Gelu", [self._linear([f"l{layer}.fi"], states, self.config.hidden)], domain=MS)
        return self._added(f"l{layer}.oln", self._linear([f"l{layer}.fo"], inner, self.config.inner), states)

    def _linear(self, names: list[str], states: str, width: int) -> str:
        """Multiply by the matrices of these names, put side by side (rows are outputs), and add their biases."""
        parts = [self.weights.blocks(f"{name}.w") for name in names]
        codes = np.concatenate([codes for codes, _ in parts]).reshape(-1, width // BLOCK, BLOCK)
        scales = np.concatenate([scales for _, scales in parts])
        bias = np.concatenate([self.weights.floats(f"{name}.b") for name in names])
        if self.queries:
            exact = (codes.astype(np.float32) - _ZERO) * scales.astype(np.float32).reshape(*codes.shape[:2], 1)
            return self.parts.linear_of_8_bit_rows(
                "+".join(names), states, *rows_of_7_bits(exact.reshape(-1, width)), bias
            )
        codes = codes + _TO_BYTES
        return self.parts.linear_of_8_bits("+".join(names), states, codes, scales, bias)

    def _normed(self, name: str, states: str) -> str:
        weight, bias = self.weights.floats(f"{name}.w"), self.weights.floats(f"{name}.b")
        return self.parts.normed(name, states, weight, bias, epsilon=self.config.epsilon)

    def _added(self, name: str, update: str, states: str) -> str:
        return self._normed(name, self.parts.node("Add", [update, states]))
