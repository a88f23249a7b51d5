"""A tiny BERT and its tokenizer, made in a moment: what stands for the real model in tests."""

from collections.abc import Iterable

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from zhanggui.encoders.onnx_encoder import Recipe
from zhanggui.training.language.base import Base

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def tiny_tokenizer(words: Iterable[str]) -> Tokenizer:
    """Whole words, `<s>` before and `</s>` after."""
    vocabulary = {word: row for row, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def tiny_base(
    words: Iterable[str], *, layers: int = 2, hidden: int = 32, seed: int = 0, prefixes: bool = False
) -> Base:
    """A base with random weights."""
    tokenizer = tiny_tokenizer([*words, "query:", "passage:"])
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=64,
        pad_token_id=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.2,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    told = {"query_prefix": "query: ", "passage_prefix": "passage: "} if prefixes else {}
    return Base(model, tokenizer, Recipe(max_length=48, pad=1, **told), "tiny")
