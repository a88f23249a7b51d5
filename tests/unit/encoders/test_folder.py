import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from zhanggui.core.errors import ConfigError
from zhanggui.encoders import open_encoder
from zhanggui.encoders.checks import encoder_checks
from zhanggui.encoders.folder import read_recipe
from zhanggui.encoders.onnx_encoder import Pooling

WORDS = ["[UNK]", "[PAD]", "query", "passage", ":", "green", "tea", "oil"]
TABLE = np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype(np.float32)


def write_model(path, *, inputs=("input_ids", "attention_mask", "token_type_ids")):
    """A model whose token states are rows of a table, plus the (zero) token types where it takes them."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["states"])]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "l"]) for name in inputs],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["b", "l", 6])],
        [numpy_helper.from_array(TABLE, "table")],
    )
    path.parent.mkdir(exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "model.onnx")
    tokenizer = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def opened(folder):
    return open_encoder(str(folder), cache=folder / "cache")


def unit(rows):
    mean = TABLE[rows].mean(axis=0)
    return mean / np.linalg.norm(mean)


def test_mean_over_the_tokens_and_not_over_the_padding(folder):
    vectors = opened(folder).passages(["green tea", "oil"])
    assert np.allclose(vectors, [unit([5, 6]), unit([7])], atol=1e-6)


def test_first_token_prefixes_and_length_from_our_own_file(folder):
    own = {"pooling": "cls", "query_prefix": "oil ", "passage_prefix": "tea ", "max_length": 1}
    (folder / "zhanggui.json").write_text(json.dumps(own))
    encoder = opened(folder)
    assert np.allclose(encoder.queries(["green"])[0], unit([7]), atol=1e-6)
    assert np.allclose(encoder.passages(["green"])[0], unit([6]), atol=1e-6)
    assert encoder.token_ids("green tea oil") == [5]


def test_recipe_from_the_files_of_sentence_transformers(folder):
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": "query: ", "document": "doc: "}}')
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    recipe = read_recipe(folder)
    assert (recipe.pooling, recipe.query_prefix, recipe.passage_prefix) == (Pooling.CLS, "query: ", "doc: ")
    assert recipe.max_length == 64


def test_model_may_lie_in_the_subfolder_of_an_export(folder):
    (folder / "model.onnx").unlink()
    write_model(folder / "onnx/model.onnx", inputs=("input_ids",))
    assert opened(folder).dim == 6


def test_other_weights_have_another_name(folder):
    before = opened(folder).name
    assert before == opened(folder).name and before.startswith(folder.name + "@")
    (folder / "zhanggui.json").write_text('{"pooling": "cls"}')
    assert opened(folder).name != before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("zhanggui.json", '{"poling": "cls"}', "unknown poling. Known: pooling"),
        ("zhanggui.json", '{"pooling": "max"}', "pooling is 'max'. Allowed: mean, cls"),
        ("zhanggui.json", '{"max_length": "many"}', "max_length must be int. Got 'many'"),
        ("zhanggui.json", '{"max_length": 0}', "max_length must be at least 1. Got 0"),
        ("zhanggui.json", "{", "is not JSON"),
        ("zhanggui.json", "[]", "must hold an object. Got list"),
        ("tokenizer.json", "{}", "is not a tokenizer"),
        ("tokenizer.json", "", "is not a tokenizer"),
        ("model.onnx", "torn", "ONNX Runtime cannot open"),
    ],
)
def test_what_is_wrong_is_named(folder, name, content, message):
    (folder / name).write_text(content)
    with pytest.raises(ConfigError, match=message):
        opened(folder)


def test_a_missing_tokenizer_is_named(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConfigError, match="has no tokenizer.json"):
        opened(folder)


def test_a_model_that_wants_something_else_is_refused(folder):
    write_model(folder / "model.onnx", inputs=("input_ids", "pixels"))
    with pytest.raises(ConfigError, match="pixels"):
        opened(folder)


@pytest.mark.parametrize("check", list(encoder_checks())[:3], ids=lambda check: check.__name__)
def test_it_is_an_encoder(folder, check):
    (folder / "zhanggui.json").write_text('{"query_prefix": "query: ", "passage_prefix": "passage: "}')
    check(opened(folder))
