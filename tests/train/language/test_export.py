"""What is exported, held against the same weights in transformers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, XLMRobertaConfig, XLMRobertaModel

from tests.train.language.exact import nearness, states_of, vectors_of, with_pooling
from tests.train.language.tiny import tiny_base, tiny_tokenizer
from zhanggui.core.errors import ConfigError
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.encoders.folder import open_folder
from zhanggui.encoders.onnx_encoder import Pooling, Recipe
from zhanggui.encoders.pair_checks import pair_checks
from zhanggui.encoders.token_codes import rotated
from zhanggui.training.language.base import Base, open_base
from zhanggui.training.language.cross_base import score, with_head
from zhanggui.training.language.export.folder import FULL, Smaller, export_cross, export_encoder
from zhanggui.training.language.export.precision import Precision
from zhanggui.training.language.export.shape import spread
from zhanggui.training.language.export.words import kept_ids

WORDS = ["green", "tea", "oil", "soap", "mug", "x", "500", "g"]
TEXTS = ["green tea", "oil", "soap mug 500 g tea oil", "x", "nothing of this", "tea " * 60]


@pytest.mark.parametrize("pooling", list(Pooling))
def test_vectors_of_fp32_are_those_of_the_model(tmp_path, pooling):
    base = with_pooling(tiny_base(WORDS), pooling)
    export_encoder(base, tmp_path, FULL)
    opened = open_folder(tmp_path)
    assert np.abs(opened.passages(TEXTS) - vectors_of(base, TEXTS, prefix="passage: ")).max() < 1e-4
    assert np.abs(opened.queries(TEXTS) - vectors_of(base, TEXTS, prefix="query: ")).max() < 1e-4


def test_tokens_are_the_states_of_the_layer_before_the_last_two(tmp_path):
    base = with_pooling(tiny_base(WORDS, layers=4), Pooling.MEAN)
    export_encoder(base, tmp_path, FULL, queries=base)
    opened = open_folder(tmp_path)
    texts = TEXTS[:3]
    for text, tokens in zip(texts, opened.passages_and_tokens(texts)[1], strict=True):
        assert np.abs(tokens - rotated(states_of(base, text, prefix="passage: ", layer=2))).max() < 2e-3  # kept in fp16
    expected = rotated(states_of(base, "green tea", prefix="query: ", layer=2))
    assert np.abs(opened.query_tokens("green tea") - expected).max() < 2e-3


def test_a_smaller_model_of_queries_leaves_their_tokens_to_that_of_passages(tmp_path):
    base, half = (with_pooling(tiny_base(WORDS, layers=layers), Pooling.MEAN) for layers in (4, 3))
    export_encoder(base, tmp_path, FULL, queries=replace(half, tokenizer=base.tokenizer))
    expected = rotated(states_of(base, "green tea", prefix="query: ", layer=2))
    assert np.abs(open_folder(tmp_path).query_tokens("green tea") - expected).max() < 2e-3


def test_too_few_layers_tell_of_no_tokens(tmp_path):
    export_encoder(with_pooling(tiny_base(WORDS, layers=2), Pooling.MEAN), tmp_path, FULL)
    opened = open_folder(tmp_path)
    assert opened.token_dim == 0 and opened.passages(TEXTS).shape == (6, opened.dim)


def test_positions_of_roberta_begin_behind_the_padding(tmp_path):
    torch.manual_seed(3)
    tokenizer = tiny_tokenizer(WORDS)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
        type_vocab_size=1,
        initializer_range=0.2,
        pad_token_id=1,
    )
    base = Base(XLMRobertaModel(config, add_pooling_layer=False).eval(), tokenizer, Recipe(max_length=60, pad=1), "r")
    export_encoder(base, tmp_path, FULL)
    assert np.abs(open_folder(tmp_path).passages(TEXTS) - vectors_of(base, TEXTS, prefix="")).max() < 1e-4


@pytest.mark.parametrize("block", [32, 64])
def test_eight_bits_are_near_and_small(tmp_path, block):
    base = with_pooling(tiny_base(WORDS, hidden=64, layers=3), Pooling.MEAN)
    export_encoder(base, tmp_path, Smaller(block=block))
    expected = vectors_of(base, TEXTS, prefix="passage: ")
    assert nearness(open_folder(tmp_path).passages(TEXTS), expected).min() > 0.998
    full = export_encoder(base, tmp_path / "full", FULL).stat().st_size
    assert (tmp_path / "model.onnx").stat().st_size < 0.5 * full


def test_what_is_spared_by_calibration_brings_the_vectors_nearer(tmp_path):
    base = with_pooling(tiny_base(WORDS, hidden=64, layers=3), Pooling.MEAN)
    expected = vectors_of(base, TEXTS, prefix="passage: ")
    export_encoder(base, tmp_path / "all", Smaller(word_bits=32))
    export_encoder(base, tmp_path / "some", Smaller(word_bits=32, calibration=TEXTS[:4], spare_bytes=200_000))
    rounded = 1 - nearness(open_folder(tmp_path / "all").passages(TEXTS), expected).mean()
    spared = 1 - nearness(open_folder(tmp_path / "some").passages(TEXTS), expected).mean()
    assert spared < 0.7 * rounded


def test_fewer_layers_and_shorter_vectors_are_those_of_the_cut_model(tmp_path):
    base = with_pooling(tiny_base(WORDS, layers=4), Pooling.MEAN)
    export_encoder(base, tmp_path, Smaller(FULL.precision, 32, layers=spread(2, of=4), dim=16))
    base.model.encoder.layer = torch.nn.ModuleList([base.model.encoder.layer[1], base.model.encoder.layer[3]])
    expected = vectors_of(base, TEXTS, prefix="passage: ")[:, :16]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(open_folder(tmp_path).passages(TEXTS) - expected).max() < 1e-4


def cross(classes):
    tokenizer = tiny_tokenizer(WORDS)
    torch.manual_seed(classes)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
        num_labels=classes,
    )
    return Base(BertForSequenceClassification(config).eval(), tokenizer, Recipe(max_length=24, pad=1), "cross")


@pytest.mark.parametrize("classes", [1, 2])
def test_logits_of_pairs_are_those_of_the_model(tmp_path, classes):
    model = cross(classes)
    export_cross(model, tmp_path, FULL)
    opened = open_cross_encoder(tmp_path)
    logits = []
    for pair in opened.tokens("green tea", TEXTS):
        ids, types = torch.tensor([pair.ids]), torch.tensor([pair.types])
        with torch.inference_mode():
            out = model.model(input_ids=ids, token_type_ids=types, attention_mask=torch.ones_like(ids)).logits[0]
        logits.append(float(out[-1] - (out[0] if classes == 2 else 0)))
    assert np.abs(opened.score("green tea", TEXTS) - logits).max() < 1e-4


def test_the_trainer_and_the_shop_score_pairs_alike(tmp_path):
    trained = with_head(tiny_base(WORDS, prefixes=True), seed=1)
    export_cross(trained, tmp_path, FULL)
    expected = score(trained, ["oil mug"] * len(TEXTS), TEXTS)
    assert np.abs(open_cross_encoder(tmp_path).score("oil mug", TEXTS) - expected).max() < 1e-4


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.INT8_DYNAMIC])
def test_rounded_scores_of_pairs_stay_near(tmp_path, precision):
    export_cross(cross(1), tmp_path / "full", FULL)
    export_cross(cross(1), tmp_path / "small", Smaller(precision))
    exact, near = (open_cross_encoder(tmp_path / name).score("green tea", TEXTS) for name in ("full", "small"))
    assert 0 < np.abs(exact - near).max() < 0.1 * exact.std() + 0.05


def test_vectors_that_depend_on_their_company_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="int8-dynamic is for cross-encoders"):
        export_encoder(tiny_base(WORDS), tmp_path, Smaller(Precision.INT8_DYNAMIC))


@pytest.mark.parametrize("check", list(pair_checks()), ids=lambda check: check.__name__)
def test_an_exported_cross_encoder_is_a_pair_scorer(tmp_path, check):
    export_cross(cross(1), tmp_path, Smaller())
    check(open_cross_encoder(tmp_path, threads=2))


@pytest.mark.slow
def test_the_shipped_model_as_exported(tmp_path):
    base = open_base("multilingual-e5-small", cache=tmp_path)
    texts = [
        "西湖龙井 明前绿茶 250g",
        "men's running shoes, size 42",
        "红色 连衣裙 夏季 新款 " * 12,
        "安装简单的无线鼠标",
    ]
    expected = vectors_of(base, texts, prefix="passage: ")
    export_encoder(base, tmp_path / "full", FULL)
    assert np.abs(open_folder(tmp_path / "full").passages(texts) - expected).max() < 1e-4
    kept = kept_ids(base.tokenizer, [f"passage: {text}" for text in texts], frequent=5_000)
    export_encoder(base, tmp_path / "small", Smaller(tokens=kept))
    assert nearness(open_folder(tmp_path / "small").passages(texts), expected).min() > 0.999
    assert (tmp_path / "small/model.onnx").stat().st_size < 40_000_000
