"""Matrices in whole numbers: codes of eight bits with one scale for each row."""

import numpy as np

from zhanggui.core.interactions import Floats

Codes = np.ndarray[tuple[int, ...], np.dtype[np.int8]]


def rows_of_8_bits(weights: Floats) -> tuple[Codes, Floats]:
    """Return codes -127..127 (rows, width) and one scale a row (rows, 1)."""
    return _rows(weights, 127)


def rows_of_7_bits(weights: Floats) -> tuple[Codes, Floats]:
    """Return codes -63..63 (rows, width) and one scale a row (rows, 1).

    For matrices that multiply states of 8 bits: a processor without VNNI sums two products in 16 bits, where
    2 x 255 x 127 overflows and 2 x 255 x 63 does not (ONNX Runtime calls it `reduce_range`).
    """
    return _rows(weights, 63)


def _rows(weights: Floats, most: int) -> tuple[Codes, Floats]:
    scales = np.abs(weights).max(axis=1, keepdims=True) / np.float32(most)
    scales = np.where(scales == 0, np.float32(1), scales).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales
