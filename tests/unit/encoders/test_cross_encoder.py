import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.encoders.pair_checks import pair_checks

WORDS = ["[UNK]", "[PAD]", "ask:", "green", "tea", "oil"]
WEIGHTS = np.array([0.5, 100.0, 8.0, 1.0, 2.0, 4.0], np.float32)


def write_model(path, *, inputs=("input_ids", "attention_mask", "token_type_ids"), output="logits"):
    """A model whose logit is the sum of its tokens' weights, those under the mask."""
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["each", "mask"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "axis"], [output], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "l"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["b"])],
        [numpy_helper.from_array(WEIGHTS, "weights"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "model.onnx")
    tokenizer = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.mark.parametrize("check", list(pair_checks()), ids=lambda check: check.__name__)
def test_it_is_a_pair_scorer(folder, check):
    check(open_cross_encoder(folder))


def test_query_and_text_are_read_and_padding_is_not(folder):
    scores = open_cross_encoder(folder).score("green", ["tea", "tea oil oil", ""])
    assert scores.tolist() == [3.0, 11.0, 1.0]


def test_prefixes_and_length_are_those_of_the_folder(folder):
    (folder / "zhanggui.json").write_text(json.dumps({"query_prefix": "ask: ", "max_length": 4}))
    assert open_cross_encoder(folder).score("green", ["tea tea tea tea"]).tolist() == [8.0 + 1 + 2 + 2]


def test_many_pairs_come_in_several_calls_and_in_order(folder):
    texts = ["tea " * count for count in range(1, 120)]
    assert open_cross_encoder(folder).score("oil", texts).tolist() == [4.0 + 2 * min(c, 127) for c in range(1, 120)]


def test_the_name_says_which_weights_these_are(folder):
    before = open_cross_encoder(folder).name
    assert before == open_cross_encoder(folder).name and before.startswith(folder.name + "@")
    (folder / "zhanggui.json").write_text('{"max_length": 9}')
    assert open_cross_encoder(folder).name != before


def test_what_is_no_cross_encoder_is_refused(folder):
    write_model(folder / "model.onnx", inputs=("input_ids", "attention_mask", "pixels"))
    with pytest.raises(ConfigError, match="pixels"):
        open_cross_encoder(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(ConfigError, match="has neither model.onnx"):
        open_cross_encoder(folder)
