"""Texts to vectors by the model that is trained: the same as serving, but in torch."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from zhanggui.core.interactions import Floats
from zhanggui.encoders.batches import batches
from zhanggui.encoders.onnx_encoder import Pooling, Recipe
from zhanggui.training.language.base import Base
from zhanggui.training.language.batches import Ids, tensors, token_ids

_TOKENS = 4096


def pooled(model: nn.Module, ids: Ids, recipe: Recipe, *, device: torch.device) -> torch.Tensor:
    """Return unit vectors (n, d) of rows of ids, with gradients where they are on."""
    given = tensors(ids, pad=recipe.pad, device=device)
    states = model(**given).last_hidden_state
    if recipe.pooling is Pooling.CLS:
        return functional.normalize(states[:, 0].float(), dim=-1)
    mask = given["attention_mask"][:, :, None]
    return functional.normalize((states.float() * mask).sum(dim=1), dim=-1)


def encode_ids(model: nn.Module, ids: Ids, recipe: Recipe) -> torch.Tensor:
    """Return unit vectors (n, d) of rows of ids, without gradients, in batches of like length."""
    device = next(model.parameters()).device
    found: list[torch.Tensor] = []
    order: list[int] = []
    with torch.inference_mode():
        for rows in batches([len(row) for row in ids], tokens=_TOKENS):
            found.append(pooled(model, [ids[row] for row in rows], recipe, device=device))
            order += rows.tolist()
    return torch.cat(found)[torch.tensor(np.argsort(order), device=device)].clone()


def queries(base: Base, texts: Sequence[str]) -> Floats:
    """Return (n, d) for what shoppers type."""
    return _encode(base, texts, base.recipe.query_prefix)


def passages(base: Base, texts: Sequence[str]) -> Floats:
    """Return (n, d) for what products say of themselves."""
    return _encode(base, texts, base.recipe.passage_prefix)


def _encode(base: Base, texts: Sequence[str], prefix: str) -> Floats:
    base.model.eval()
    ids = token_ids(base.tokenizer, texts, prefix=prefix, max_length=base.recipe.max_length)
    if not ids:
        return np.empty((0, base.model.config.hidden_size), np.float32)
    return np.asarray(encode_ids(base.model, ids, base.recipe).cpu().numpy(), np.float32)
