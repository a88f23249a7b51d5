"""An encoder of a few kilobytes, and Releases that hold it: what it takes for alike, the test decides."""

import numpy as np
import onnx
import orjson
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from zhanggui.core.clock import FixedClock
from zhanggui.data.release import Facts, promote, write_release

WORDS = ("[UNK]", "[PAD]", "cup", "mug", "oil", *(f"thing{n}" for n in range(60)))

THINGS = ("cup", "mug", "oil", *(f"thing{n}" for n in range(57)))
"""Titles that these encoders know."""


def write_encoder(folder, alike, *, dim=64, tokens=False):
    """Write an encoder whose words lie at right angles to each other, but for two that mean the same.

    With `tokens` it tells of single tokens, too: they are its states.
    """
    folder.mkdir(parents=True)
    table = np.eye(len(WORDS), dim, dtype=np.float32)
    table[:2] = 0.01
    one, other = (WORDS.index(word) for word in alike)
    table[other] = 0.9 * table[one] + 0.4 * table[other]
    names = ["states", *(["token_states"] if tokens else [])]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], [name]) for name in names],
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "l"]) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", "l", dim]) for name in names],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, folder / "model.onnx")
    write_tokenizer(folder)


def write_ranker(folder, loved):
    """Write a cross-encoder for which only one word counts: 5 for each time that a pair holds it."""
    folder.mkdir(parents=True)
    table = np.zeros((len(WORDS), 1), np.float32)
    table[WORDS.index(loved)] = 5.0
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["states"]),
        helper.make_node("ReduceSum", ["states", "axes"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "l"]) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", 1])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axes")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), folder / "model.onnx"
    )
    write_tokenizer(folder)


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))


def make_release(home, name, alike=None, *, damaged=False, ranker=None, fusion=None, use=True, **encoder):
    """Write a Release, with the encoder for which two words are alike, and put it in use."""

    def fill(folder):
        (folder / "notes").write_text(name)
        if alike:
            write_encoder(folder / "encoder", alike, **encoder)
        if damaged:
            (folder / "encoder/model.onnx").write_bytes(b"nonsense")
        if ranker:
            write_ranker(folder / "ranker", "oil" if ranker == "torn" else ranker)
            (folder / "ranker/blend.json").write_bytes(orjson.dumps({"weight": 0.9}))
        if ranker == "torn":
            (folder / "ranker/model.onnx").write_bytes(b"nonsense")
        if fusion:
            (folder / "fusion.json").write_bytes(orjson.dumps(fusion))
        return Facts()

    write_release(home, name=name, clock=FixedClock(1_760_000_000_000), fill=fill)
    if use:
        promote(home, name)
