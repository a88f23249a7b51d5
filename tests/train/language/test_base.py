"""A base opens from a package, a folder or a hub's cache, and what was saved opens again with equal vectors."""

import json
import shutil

import numpy as np
import pytest
import torch
from tiny import tiny_base
from transformers import BertForMaskedLM

from zhanggui.core.errors import ConfigError
from zhanggui.encoders import open_encoder
from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.training.language.base import open_base, save_base
from zhanggui.training.language.vectors import passages, queries

WORDS = ["green", "tea", "blue", "mug"]
TEXTS = ["green tea", "blue mug", "tea " * 60, ""]


def test_what_was_saved_opens_again_with_equal_vectors(tmp_path):
    base = tiny_base(WORDS, prefixes=True)
    save_base(base, tmp_path / "weights")
    again = open_base(tmp_path / "weights", cache=tmp_path)
    assert np.array_equal(queries(base, TEXTS), queries(again, TEXTS))
    assert (again.recipe, again.name) == (base.recipe, "weights")
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "zhanggui.json",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["weights"], "nothing is left beside it"


def test_queries_and_passages_differ_by_their_prefix_alone(tmp_path):
    base, plain = tiny_base(WORDS, prefixes=True), tiny_base(WORDS)
    assert np.allclose(queries(base, ["tea"]), queries(plain, ["query: tea"]))
    assert np.allclose(passages(base, ["tea"]), queries(plain, ["passage: tea"]))


def test_company_changes_no_vector():
    base = tiny_base(WORDS)
    together = queries(base, TEXTS)
    assert np.allclose(together, np.concatenate([queries(base, [text]) for text in TEXTS]), atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_a_folder_with_a_pooling_layer_and_the_files_of_sentence_transformers_opens(tmp_path):
    base = tiny_base(WORDS)
    save_base(base, tmp_path / "model")
    (tmp_path / "model" / "zhanggui.json").unlink()
    (tmp_path / "model" / "1_Pooling").mkdir()
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    opened = open_base(tmp_path / "model", cache=tmp_path)
    assert opened.recipe.pooling is Pooling.CLS and opened.model.pooler is None
    ids = torch.tensor([base.tokenizer.encode("green tea").ids])
    with torch.inference_mode():
        first = base.model(input_ids=ids).last_hidden_state[0, 0].numpy()
    assert np.allclose(queries(opened, ["green tea"])[0], first / np.linalg.norm(first), atol=1e-5)


def test_a_model_of_a_hub_opens_from_the_cache_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    base = tiny_base(WORDS)
    there = tmp_path / "models--some--model"
    save_base(base, there / "snapshots" / ("a" * 40))
    (there / "refs").mkdir()
    (there / "refs" / "main").write_text("a" * 40)
    opened = open_base("some/model", cache=tmp_path)
    assert opened.name == "some/model" and np.array_equal(queries(opened, TEXTS), queries(base, TEXTS))
    with pytest.raises(ConfigError, match="'other/model' is neither in"):
        open_base("other/model", cache=tmp_path)


def test_what_cannot_be_opened_says_what_is_wrong_and_what_to_do(tmp_path):
    save_base(tiny_base(WORDS), tmp_path / "model")
    with pytest.raises(ConfigError, match="No model named 'nothing'.*multilingual-e5-small"):
        open_base("nothing", cache=tmp_path)
    with pytest.raises(ConfigError, match="not empty"):
        save_base(tiny_base(WORDS), tmp_path / "model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="has no config.json"):
        open_base(tmp_path / "empty", cache=tmp_path)
    torn = shutil.copytree(tmp_path / "model", tmp_path / "torn")
    whole = (torn / "model.safetensors").read_bytes()
    (torn / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match="does not open as a model"):
        open_base(torn, cache=tmp_path)
    (torn / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match="no tokenizer that can be read"):
        open_base(torn, cache=tmp_path)


def test_weights_that_lack_a_layer_are_refused_instead_of_being_made_up(tmp_path):
    save_base(tiny_base(WORDS, layers=1), tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    (tmp_path / "model" / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    with pytest.raises(ConfigError, match=r"lack 16 tensors, encoder.layer.1"):
        open_base(tmp_path / "model", cache=tmp_path)


def test_the_encoder_below_another_head_opens(tmp_path):
    base = tiny_base(WORDS)
    save_base(base, tmp_path / "model")
    other = BertForMaskedLM(base.model.config)
    other.bert.load_state_dict(base.model.state_dict())
    other.save_pretrained(tmp_path / "model")
    assert np.array_equal(queries(open_base(tmp_path / "model", cache=tmp_path), TEXTS), queries(base, TEXTS))


@pytest.mark.slow
def test_the_shipped_encoder_has_the_vectors_of_the_graph_that_serves_and_opens_again(tmp_path):
    texts = [
        "安装简单的无线鼠标",
        "西湖龙井 明前绿茶 250g",
        "men's running shoes, size 42",
        "红色 连衣裙 夏季 " * 12,
        "a",
    ]
    base, served = open_base("multilingual-e5-small", cache=tmp_path), open_encoder(cache=tmp_path)
    for ours, theirs, least in ((queries, served.queries, 0.993), (passages, served.passages, 0.9995)):
        assert ((ours(base, texts) * theirs(texts)).sum(axis=1) >= least).all()
    save_base(base, tmp_path / "weights")
    again = open_base(tmp_path / "weights", cache=tmp_path)
    assert np.array_equal(queries(again, texts), queries(base, texts)) and again.recipe == base.recipe
