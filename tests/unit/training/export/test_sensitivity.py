import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.training.language.export.graph import linear_names, linear_sizes
from zhanggui.training.language.export.sensitivity import most_sensitive, moved

from .made import SHAPE, made_state

WORDS = [f"w{row}" for row in range(20)]
TEXTS = ["w1 w2 w3", "w4 w5", "w9 w1 w8 w7"]


def tokenizer():
    made = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="w0"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


def with_one_wild_matrix():
    """One great weight makes the steps of its whole block coarse."""
    state = made_state()
    weight = state["encoder.layer.1.intermediate.dense.weight"]
    weight[:, ::32] = 40.0
    return state


def test_the_matrix_that_rounding_hurts_is_found_and_spared():
    state = with_one_wild_matrix()
    moves = moved(state, SHAPE, tokenizer(), TEXTS, pooling=Pooling.MEAN)
    assert list(moves) == linear_names(SHAPE)
    assert max(moves, key=moves.__getitem__) == "l1.fi"
    room = 3 * linear_sizes(SHAPE)["l1.fi"]
    spared = most_sensitive(state, SHAPE, tokenizer(), TEXTS, pooling=Pooling.MEAN, spare_bytes=room)
    assert spared == {"l1.fi"}
    assert np.all(np.array(list(moves.values())) >= -1e-6)


def test_nothing_fits_into_no_room():
    assert not most_sensitive(made_state(), SHAPE, tokenizer(), TEXTS, pooling=Pooling.CLS, spare_bytes=0)
