"""Weights in fewer bits: blocks along a row share one scale, and zero stays exactly zero.

Blocks of 32 are nearest, of 128 smaller and faster: `python -m benchmarks.encoder_sizes` shows both.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Bytes, Floats

BLOCK = 32
WORD_BITS = (4, 8, 32)
BLOCKS = (32, 64, 128)


class Precision(StrEnum):
    """How the matrices of linear layers are stored.

    INT8: blocks with a scale each, states rounded block by block. INT8_DYNAMIC: a scale for each output, and one for
    all states of a call: two to three times as fast (`benchmarks.encoder_sizes`, `cross_encoder_speed`), less near, and
    what one text gets depends on those beside it. So the vectors of items, which are kept, are refused it; a query,
    which is read alone and at once, gets it.
    """

    FP32 = "fp32"
    INT8 = "int8"
    INT8_DYNAMIC = "int8-dynamic"


@dataclass(frozen=True, slots=True)
class Storage:
    """How weights are stored: matrices, the word table (bits a weight), which matrices stay in fp32, weights a block.

    Names of matrices are those of `graph.linear_names`.
    """

    precision: Precision = Precision.FP32
    word_bits: int = 32
    spared: frozenset[str] = frozenset()
    block: int = BLOCK

    def __post_init__(self) -> None:
        if self.word_bits not in WORD_BITS:
            raise ConfigError(
                f"A word's weights take {self.word_bits} bits. Allowed: {', '.join(map(str, WORD_BITS))}."
            )
        if self.block not in BLOCKS:
            raise ConfigError(f"Blocks hold {self.block} weights. Allowed: {', '.join(map(str, BLOCKS))}.")

    def block_of(self, width: int) -> int:
        """Return the largest allowed block, at most the one wished for, that fills rows of this width."""
        return max((size for size in BLOCKS if size <= self.block and width % size == 0), default=BLOCK)

    def of(self, name: str, width: int) -> Precision:
        """Return how one matrix of so many columns is stored; blocks must fill its rows."""
        return Precision.FP32 if name in self.spared or width % BLOCK else self.precision


EXACT = Storage()
"""Everything in fp32."""


def eight_bits(weights: Floats, *, block: int = BLOCK) -> tuple[Bytes, Floats]:
    """Return codes (rows, blocks, block) with their zero at 128 and scales (rows, blocks).

    >>> codes, scales = eight_bits(np.eye(1, 32, dtype=np.float32))
    >>> codes[0, 0, :2].tolist(), round(float(scales[0, 0]) * 127, 6)
    ([255, 128], 1.0)
    """
    blocks = weights.reshape(len(weights), -1, block)
    scales = _safe(np.abs(blocks).max(axis=2) / np.float32(127))
    return (np.rint(blocks / scales[..., None]) + 128).astype(np.uint8), scales


def four_bits(weights: Floats) -> tuple[Bytes, Floats]:
    """Return codes 0..15 (rows x blocks, 32) with their zero at 8 and scales (rows, blocks).

    The weight of the greatest size becomes code 0, exactly; weights that come from such blocks come back unchanged.
    """
    blocks = weights.reshape(len(weights), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[..., None], axis=2)[..., 0]
    scales = _safe(largest / np.float32(-8))
    codes = np.clip(np.rint(blocks / scales[..., None]) + 8, 0, 15).astype(np.uint8)
    return codes.reshape(-1, BLOCK), scales


def fits_four_bits(weights: Floats) -> bool:
    """Tell whether 4 bits lose nothing: weights (rows, width) that were read from such blocks and not trained since."""
    if weights.shape[1] % BLOCK:
        return False
    codes, scales = four_bits(weights)
    again = (codes.astype(np.float32) - 8) * scales.reshape(-1, 1)
    return bool(np.allclose(again.reshape(weights.shape), weights, atol=1e-7))


def _safe(scales: Floats) -> Floats:
    return np.where(scales == 0, np.float32(1), scales).astype(np.float32)
