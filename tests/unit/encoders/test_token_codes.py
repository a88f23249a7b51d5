import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.encoders.token_codes import late_interaction, packed, rotated, rotation, unpacked


def tokens(n, dim=384, seed=0):
    """Tokens as a model has them: near each other, and two coordinates that outweigh all others."""
    random = np.random.default_rng(seed)
    made = random.standard_normal((n, dim)) + 0.5
    made[:, 3], made[:, 77 % dim] = 20.0, -12.0
    return made.astype(np.float32)


@pytest.mark.parametrize("dim", [4, 12, 384, 768, 1024])
def test_a_rotation_keeps_all_cosines(dim):
    turned = rotation(dim)
    assert np.abs(turned @ turned.T - np.eye(dim)).max() < 1e-5
    made = tokens(9, dim)
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    assert np.allclose(rotated(made) @ rotated(made).T, unit @ unit.T, atol=1e-5)


def test_the_rotation_is_the_same_on_every_machine():
    turned = rotation(384)
    assert np.round(turned[0, :4] * 384, 3).tolist() == [-3.0, -9.0, 27.0, 9.0]
    assert np.round(turned[383, -4:] * 384, 3).tolist() == [15.0, -36.0, -21.0, -6.0]


def test_two_bits_keep_a_token_near_whatever_outweighs():
    made = rotated(tokens(500))
    kept = unpacked(packed(made), 384)
    assert len(packed(made)) == 500 * 96
    assert np.allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-5)
    assert np.einsum("nd,nd->n", made, kept).min() > 0.9
    straight = tokens(500) / np.linalg.norm(tokens(500), axis=1, keepdims=True)
    assert np.einsum("nd,nd->n", straight, unpacked(packed(straight), 384)).max() < 0.9  # what the rotation is for


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(1, 5), st.integers(0, 99))
def test_late_interaction_is_the_mean_of_the_nearest(lengths, asked, seed):
    query = rotated(tokens(asked, 16, seed))
    texts = [packed(rotated(tokens(n, 16, seed + at))) if n else None for at, n in enumerate(lengths)]
    expected = [
        np.nan if text is None else np.mean([max(float(q @ t) for t in unpacked(text, 16)) for q in query])
        for text in texts
    ]
    assert np.allclose(late_interaction(query, texts), expected, atol=1e-5, equal_nan=True)


def test_a_query_without_tokens_says_nothing():
    assert np.isnan(late_interaction(np.empty((0, 16), np.float32), [packed(rotated(tokens(2, 16)))])).all()
