import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.rows import rows_of_7_bits, rows_of_8_bits
from zhanggui.training.language.export.precision import (
    BLOCK,
    Precision,
    Storage,
    eight_bits,
    fits_four_bits,
    four_bits,
)

WEIGHTS = arrays(np.float32, (3, 2 * BLOCK), elements=st.floats(-4, 4, width=32, allow_subnormal=False))


@given(WEIGHTS)
def test_eight_bits_are_off_by_half_a_step_at_most(weights):
    codes, scales = eight_bits(weights)
    back = (codes.astype(np.float32) - 128) * scales[..., None]
    assert (np.abs(back - weights.reshape(back.shape)) <= 0.501 * scales[..., None]).all()


@given(WEIGHTS)
def test_rows_are_off_by_half_a_step_at_most(weights):
    for coded, most in ((rows_of_8_bits, 127), (rows_of_7_bits, 63)):
        codes, scales = coded(weights)
        assert (np.abs(codes * scales - weights) <= 0.501 * scales).all()
        assert np.abs(codes).max() <= most


def test_two_products_of_a_seven_bit_row_fit_into_16_bits():
    codes, _ = rows_of_7_bits(np.full((1, 2), 5, np.float32))
    assert int(np.int32(255) * codes.astype(np.int32).sum()) <= np.iinfo(np.int16).max


@given(WEIGHTS)
def test_four_bits_are_off_by_a_step_at_most(weights):
    codes, scales = four_bits(weights)
    back = (codes.astype(np.float32) - 8).reshape(3, 2, BLOCK) * scales[..., None]
    assert codes.max() <= 15
    assert (np.abs(back - weights.reshape(back.shape)) <= 1.001 * np.abs(scales[..., None])).all()


def test_what_was_of_four_bits_comes_back_unchanged():
    codes = np.random.default_rng(0).integers(0, 16, (6, BLOCK)).astype(np.uint8)
    codes[:, 0] = 0  # the largest in size
    weights = ((codes.astype(np.float32) - 8) * np.float32(0.25)).reshape(3, 2 * BLOCK)
    again, scales = four_bits(weights)
    assert np.array_equal(again, codes) and (scales == 0.25).all()


def test_only_matrices_whose_rows_blocks_fill_and_that_are_not_spared_are_rounded():
    storage = Storage(Precision.INT8, spared=frozenset({"l0.ao"}))
    assert [storage.of("l0.qkv", 64), storage.of("l0.ao", 64), storage.of("l0.fi", 48)] == ["int8", "fp32", "fp32"]


def test_the_largest_block_that_fills_the_rows_is_taken():
    storage = Storage(Precision.INT8, block=128)
    assert [storage.block_of(width) for width in (384, 192, 96)] == [128, 64, 32]
    codes, scales = eight_bits(np.ones((2, 384), np.float32), block=128)
    assert codes.shape == (2, 3, 128) and scales.shape == (2, 3)


def test_other_blocks_and_numbers_of_bits_are_refused():
    with pytest.raises(ConfigError, match="hold 48 weights. Allowed: 32, 64, 128"):
        Storage(block=48)
    with pytest.raises(ConfigError, match="take 3 bits. Allowed: 4, 8, 32"):
        Storage(word_bits=3)


def test_four_bits_fit_what_came_from_four_bits_and_nothing_else():
    plain = np.random.default_rng(0).standard_normal((6, 64)).astype(np.float32)
    codes, scales = four_bits(plain)
    read = ((codes.astype(np.float32) - 8) * scales.reshape(-1, 1)).reshape(6, 64)
    assert fits_four_bits(read) and not fits_four_bits(plain) and not fits_four_bits(read[:, :48])
