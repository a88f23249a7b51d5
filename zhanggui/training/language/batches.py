"""Texts become ids once; batches hold texts of like length, in an order that seed and epoch decide."""

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from zhanggui.core.interactions import Longs
from zhanggui.encoders.batches import padded
from zhanggui.encoders.onnx_encoder import sound

_CHUNK = 32
"""Batches whose texts are sorted together: more saves more padding, fewer mixes better."""

Ids = list[list[int]]


def token_ids(tokenizer: Tokenizer, texts: Sequence[str], *, prefix: str, max_length: int) -> Ids:
    """Return what the model reads for each text, special tokens included; equal texts are read once.

    Texts are stripped and cut as serving does (`encoders.onnx_encoder`).
    """
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    known = {text: list(tokenizer.encode(sound(prefix + text.strip())).ids) for text in dict.fromkeys(texts)}
    tokenizer.no_truncation()
    return [known[text] for text in texts]


def bucketed(lengths: Sequence[int], *, batch: int, seed: int, epoch: int) -> list[Longs]:
    """Return batches of rows, each row once: shuffled, sorted by length within chunks, batches shuffled.

    >>> [rows.tolist() for rows in bucketed([9, 1, 8, 2], batch=2, seed=0, epoch=0)]
    [[3, 1], [0, 2]]
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    sizes = np.asarray(lengths, np.int64)
    found: list[Longs] = []
    for start in range(0, len(order), batch * _CHUNK):
        chunk = order[start : start + batch * _CHUNK]
        chunk = chunk[np.argsort(-sizes[chunk], kind="stable")]
        found += [chunk[at : at + batch] for at in range(0, len(chunk), batch)]
    return [found[at] for at in rng.permutation(len(found))]


def tensors(ids: Ids, *, pad: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Return `input_ids` and `attention_mask`, both (n, longest), as models take them."""
    table, mask = padded([row or [pad] for row in ids], pad=pad)
    return {
        "input_ids": torch.from_numpy(table).to(device),
        "attention_mask": torch.from_numpy(mask).to(device),
    }
