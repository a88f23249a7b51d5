import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from zhanggui.core.errors import ConfigError
from zhanggui.encoders import open_encoder
from zhanggui.encoders.checks import encoder_checks
from zhanggui.encoders.folder import open_tokenizer, read_recipe
from zhanggui.encoders.onnx_encoder import OnnxEncoder, Pooling

WORDS = [
    "[UNK]",
    "[PAD]",
    "query",
    "passage",
    ":",
    "green",
    "tea",
    "oil",
    "bags",
    "motor",
    "5w30",
    "儿童书包",
    "洗衣液",
]
TABLE = np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype(np.float32)
STUDENT = TABLE + np.random.default_rng(4).normal(scale=0.1, size=TABLE.shape).astype(np.float32)
"""Rows of a model for queries: near those of the passages, and not the same."""


def write_model(path, *, inputs=("input_ids", "attention_mask", "token_type_ids"), table=TABLE):
    """A model whose token states are rows of a table, plus the (zero) token types where it takes them."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["states"])]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "l"]) for name in inputs],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["b", "l", table.shape[1]])],
        [numpy_helper.from_array(table, "table")],
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


def unit(rows, *, table=TABLE):
    mean = table[rows].mean(axis=0)
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


@pytest.mark.parametrize("place", [".", "onnx"])
def test_queries_go_through_their_own_model_and_passages_through_the_other(folder, place):
    (folder / "zhanggui.json").write_text('{"query_prefix": "query : "}')
    (folder / place).mkdir(exist_ok=True)
    (folder / "model.onnx").rename(folder / place / "model.onnx")
    write_model(folder / place / "queries.onnx", inputs=("input_ids",), table=STUDENT)
    encoder = opened(folder)
    assert np.allclose(encoder.queries(["green tea"])[0], unit([2, 4, 5, 6], table=STUDENT), atol=1e-6)
    assert np.allclose(encoder.passages(["green tea"])[0], unit([5, 6]), atol=1e-6)


def test_the_model_of_queries_is_part_of_the_name(folder):
    without = opened(folder).name
    write_model(folder / "queries.onnx", table=STUDENT)
    with_one = opened(folder).name
    write_model(folder / "queries.onnx", table=STUDENT + 1)
    with_another = opened(folder).name
    (folder / "queries.onnx_data").write_bytes(b"weights beside it")
    assert len({without, with_one, with_another, opened(folder).name}) == 4
    (folder / "queries.onnx").unlink()
    assert opened(folder).name == without


class Held(OnnxEncoder):
    """An encoder in which passages stop halfway until a query was answered."""

    def token_ids(self, text):
        if text == "oil":
            self.begun.set()
            assert self.answered.wait(10), "the query waits for the passages"
        return super().token_ids(text)


def test_a_query_does_not_wait_for_passages_being_encoded(folder):
    write_model(folder / "queries.onnx", table=STUDENT)
    files = (folder / "model.onnx", open_tokenizer(folder), read_recipe(folder, pad=1))
    encoder = Held(*files, name="held", query_model=folder / "queries.onnx", threads=2)
    encoder.begun, encoder.answered = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        passages = pool.submit(encoder.passages, ["green tea", "oil"])
        assert encoder.begun.wait(10)
        query = pool.submit(encoder.queries, ["tea"])
        query.add_done_callback(lambda _: encoder.answered.set())
        assert np.allclose(query.result(), [unit([6], table=STUDENT)], atol=1e-6)
        assert np.allclose(passages.result(), [unit([5, 6]), unit([7])], atol=1e-6)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (STUDENT[:, :4], "queries.onnx gives vectors of 4 numbers, .*model.onnx of 6. Export both .* or remove"),
        (STUDENT[:-1], f"queries.onnx cannot read token {len(WORDS) - 1} of the tokenizer.*Export both .* or remove"),
    ],
)
def test_a_model_of_queries_that_does_not_fit_is_refused(folder, table, message):
    write_model(folder / "queries.onnx", table=table)
    with pytest.raises(ConfigError, match=message):
        opened(folder)


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
        ("queries.onnx", "torn", "ONNX Runtime cannot open .*queries.onnx.*Export the model anew, or remove it"),
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


@pytest.mark.parametrize("name", ["model.onnx", "queries.onnx"])
def test_a_model_that_wants_something_else_is_refused(folder, name):
    write_model(folder / name, inputs=("input_ids", "pixels"))
    with pytest.raises(ConfigError, match=rf"{name} takes .*pixels"):
        opened(folder)


@pytest.mark.parametrize("student", [False, True], ids=["one model", "two models"])
@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_it_is_an_encoder(folder, check, student):
    (folder / "zhanggui.json").write_text('{"query_prefix": "query: ", "passage_prefix": "passage: "}')
    if student:
        write_model(folder / "queries.onnx", table=STUDENT)
    check(opened(folder))
