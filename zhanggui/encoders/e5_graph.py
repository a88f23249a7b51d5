"""Write multilingual-e5-small as an ONNX graph, by numpy and `onnx.helper` alone: ids and mask in, unit vectors out.

The weights stay in the blocks in which they were stored: nothing is rounded again, and the whole graph takes 85 MB.
ONNX Runtime's `GatherBlockQuantized` reads the word table (4 bits) and `MatMulNBits` multiplies by such blocks; its
kernel for codes of 8 bits is 12% faster than that for 4, so the 4-bit codes of matrices are put into bytes.
Sums and norms are apart: `SkipLayerNormalization`, which joins them, takes eight times as long on a CPU as the two.
Layer: BERT (Devlin et al. 2019), post-norm, exact GELU. Pooling: mean over the mask, then L2 (the model's card).
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from zhanggui.encoders.e5_file import BLOCK, E5File

VERSION = 3
"""Number of the graph's form: raise it when `build_graph` changes, and caches are built anew."""

_MS = "com.microsoft"
_INT8_ACTIVATIONS = 4
"""`accuracy_level` of MatMulNBits: activations rounded to int8 per block of 32, as the package's own engine does.

Nearest to that engine (mean cosine .99997; .99994 with fp32 activations) and fastest: `benchmarks/encoder_speed.py`.
"""

_TO_BYTES = np.uint8(128 - 8)
"""Moves the zero of a 4-bit code (8) to the zero of an 8-bit code (128)."""


def build_graph(weights: E5File) -> onnx.ModelProto:
    """Return the model: `input_ids`, `attention_mask` int64 (B, L) to `sentence_embedding` fp32 (B, hidden)."""
    graph = _Graph(weights)
    states = graph.embed()
    mask = graph.node("Cast", ["attention_mask"], to=TensorProto.INT32)
    for layer in range(weights.config.layers):
        states = graph.layer(layer, states, mask)
    graph.pool(states)
    return graph.model()


class _Graph:
    def __init__(self, weights: E5File) -> None:
        self.weights, self.config = weights, weights.config
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def floats(self, name: str) -> str:
        return self.constant(name, self.weights.floats(name))

    def embed(self) -> str:
        positions = self.weights.floats("emb.pos") + np.tile(self._type(), self.config.positions)
        self.constant("positions", positions.reshape(-1, self.config.hidden))
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        first, axis = self.constant("first", np.array([0])), self.constant("axis", np.array([0]))
        places = self.node("Slice", ["positions", first, length, axis])
        return self._normed("emb.ln", self.node("Add", [self._words(), places]))

    def _type(self) -> NDArray[np.float32]:
        return self.weights.floats("emb.type")[: self.config.hidden]

    def _words(self) -> str:
        codes, scales = self.weights.blocks("emb.word")
        signed = np.bitwise_xor(codes, np.uint8(8))  # code - 8 as a 4-bit two's complement number
        rows, width = self.config.vocabulary, self.config.hidden
        self.constants.append(
            helper.make_tensor("words", TensorProto.INT4, [rows, width], _pairs(signed).tobytes(), raw=True)
        )
        self.constant("word_scales", scales.reshape(rows, width // BLOCK).astype(np.float32))
        return self.node(
            "GatherBlockQuantized",
            ["words", "input_ids", "word_scales"],
            domain=_MS,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )

    def layer(self, layer: int, states: str, mask: str) -> str:
        wide = self._linear([f"l{layer}.{part}" for part in "qkv"], states, self.config.hidden)
        parts = [f"l{layer}.query", f"l{layer}.key", f"l{layer}.value"]
        self.nodes.append(helper.make_node("Split", [wide], parts, name=f"l{layer}.split", axis=-1, num_outputs=3))
        seen = self.node("MultiHeadAttention", [*parts, "", mask], domain=_MS, num_heads=self.config.heads)
        mixed = self._linear([f"l{layer}.ao"], seen, self.config.hidden)
        states = self._added(f"l{layer}.aln", mixed, states)
        inner = self.node("Gelu", [self._linear([f"l{layer}.fi"], states, self.config.hidden)], domain=_MS)
        return self._added(f"l{layer}.oln", self._linear([f"l{layer}.fo"], inner, self.config.inner), states)

    def _linear(self, names: list[str], states: str, width: int) -> str:
        """Multiply by the matrices of these names, put side by side (rows are outputs), and add their biases."""
        parts = [self.weights.blocks(f"{name}.w") for name in names]
        codes = np.concatenate([codes for codes, _ in parts]).reshape(-1, width // BLOCK, BLOCK) + _TO_BYTES
        scales = np.concatenate([scales for _, scales in parts]).astype(np.float32)
        bias = np.concatenate([self.weights.floats(f"{name}.b") for name in names])
        key = "+".join(names)
        inputs = [states, self.constant(f"{key}.w", codes), self.constant(f"{key}.s", scales), "", ""]
        return self.node(
            "MatMulNBits",
            [*inputs, self.constant(f"{key}.b", bias)],
            domain=_MS,
            K=width,
            N=len(codes),
            bits=8,
            block_size=BLOCK,
            accuracy_level=_INT8_ACTIVATIONS,
        )

    def _normed(self, name: str, states: str) -> str:
        inputs = [states, self.floats(f"{name}.w"), self.floats(f"{name}.b")]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=self.config.epsilon)

    def _added(self, name: str, update: str, states: str) -> str:
        return self._normed(name, self.node("Add", [update, states]))

    def pool(self, states: str) -> None:
        """Sum over the mask and scale to length one; dividing by the count would change nothing."""
        axis = self.constant("pool_axis", np.array([1]))
        row = self.node("Unsqueeze", [self.node("Cast", ["attention_mask"], to=TensorProto.FLOAT), axis])
        total = self.node("Squeeze", [self.node("MatMul", [row, states]), axis])
        self.nodes.append(
            helper.make_node("LpNormalization", [total], ["sentence_embedding"], name="unit", axis=-1, p=2)
        )

    def model(self) -> onnx.ModelProto:
        tokens = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        vectors = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", self.config.hidden])
        graph = helper.make_graph(self.nodes, "multilingual-e5-small", tokens, [vectors], self.constants)
        domains = [helper.make_opsetid("", 21), helper.make_opsetid(_MS, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=10, producer_name="zhanggui")


def _pairs(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put two neighbouring 4-bit codes into a byte, the first in the low half: (n, 32) to (n, 16)."""
    return np.bitwise_or(codes[:, 0::2], np.left_shift(codes[:, 1::2], np.uint8(4)))
