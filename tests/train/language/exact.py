"""Vectors as transformers makes them, one text at a time: what an export is held against."""

import numpy as np
import torch

from zhanggui.encoders.onnx_encoder import Pooling, Recipe
from zhanggui.training.language.base import Base


def ids_of(base, text, *, prefix):
    base.tokenizer.no_padding()
    base.tokenizer.enable_truncation(base.recipe.max_length)
    return base.tokenizer.encode((prefix + text).strip()).ids


def vectors_of(base, texts, *, prefix):
    rows = []
    for text in texts:
        ids = torch.tensor([ids_of(base, text, prefix=prefix)])
        with torch.inference_mode():
            states = base.model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        vector = states[0] if base.recipe.pooling is Pooling.CLS else states.mean(0)
        rows.append((vector / vector.norm()).numpy())
    return np.stack(rows)


def states_of(base, text, *, prefix, layer):
    """Return the states after so many layers, from the last token of the prefix up to the last one before the end."""
    ids = ids_of(base, text, prefix=prefix)
    with torch.inference_mode():
        given = torch.tensor([ids])
        states = base.model(input_ids=given, attention_mask=torch.ones_like(given), output_hidden_states=True)
    mark = len(ids_of(base, "", prefix=prefix)) - 2
    return states.hidden_states[layer][0, mark:-1].numpy()


def nearness(left, right):
    return np.einsum("nd,nd->n", left, right)


def with_pooling(base, pooling):
    recipe = Recipe(pooling, "query: ", "passage: ", 48, 1)
    return Base(base.model, base.tokenizer, recipe, base.name)
