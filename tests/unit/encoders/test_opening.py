import numpy as np
import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.encoders import HashEncoder, encoders, open_encoder


def test_hash_comes_from_the_registry(tmp_path):
    encoder = open_encoder("hash", cache=tmp_path)
    assert isinstance(encoder, HashEncoder) and encoder.dim == 256
    assert encoders.make("hash", dim=64).dim == 64


def test_a_name_that_is_neither_registered_nor_a_folder_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"No encoder named 'BAAI/bge-m3'.*multilingual-e5-small.*folder"):
        open_encoder("BAAI/bge-m3", cache=tmp_path)


def test_folder_without_a_model_says_what_is_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"neither model.onnx nor onnx/model.onnx.*tokenizer.json"):
        open_encoder(str(tmp_path), cache=tmp_path)


def test_texts_of_a_kind_are_near_in_the_hash_encoder():
    vectors = HashEncoder().passages(["绿茶 茶叶", "green tea", ""])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ HashEncoder().queries(["茶叶"])[0] > vectors[1] @ HashEncoder().queries(["茶叶"])[0]
