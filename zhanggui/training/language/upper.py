"""The upper layers of an encoder alone, over what the lower ones, which do not learn, said of each text once.

Late interaction compares the tokens of a layer below the last ones (docs/decisions/0009). Where these lower layers stay
as they are, so do tokens, those of queries and those kept of items; and a step of two layers instead of twelve costs a
sixth.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel

from zhanggui.encoders.batches import batches
from zhanggui.encoders.onnx_encoder import Pooling, Recipe
from zhanggui.training.language.batches import Ids, tensors

States = list[torch.Tensor]
"""Of each text (its tokens, hidden), in 16 bits."""

_TOKENS = 4096
_NEVER = -1e4


def states_below(
    model: PreTrainedModel, ids: Ids, recipe: Recipe, *, layers: int, told: Callable[[int], None] = lambda done: None
) -> States:
    """Return what the first `layers` layers say of rows of ids; `told` hears how many are done."""
    device, done = next(model.parameters()).device, 0
    found: dict[int, torch.Tensor] = {}
    with torch.inference_mode():
        for rows in batches([len(row) for row in ids], tokens=_TOKENS):
            told(done)
            given = tensors([ids[row] for row in rows], pad=recipe.pad, device=device)
            states = model(**given, output_hidden_states=True).hidden_states[layers]
            for row, own in zip(rows.tolist(), states, strict=True):
                found[row] = own[: len(ids[row]) or 1].to("cpu", torch.float16, copy=True)
            done += len(rows)
    return [found[row].clone() for row in range(len(ids))]


def pooled_above(
    model: PreTrainedModel, states: Sequence[torch.Tensor], recipe: Recipe, *, layers: int
) -> torch.Tensor:
    """Return unit vectors (n, d) by the layers above the first `layers`, with gradients where they are on."""
    device = next(model.parameters()).device
    given = nn.utils.rnn.pad_sequence([one.float() for one in states], batch_first=True).to(device)
    lengths = torch.tensor([len(one) for one in states], device=device)
    mask = (torch.arange(given.shape[1], device=device) < lengths[:, None]).float()
    unseen = ((1 - mask) * _NEVER)[:, None, None, :]
    for layer in model.base_model.encoder.layer[layers:]:
        given = layer(given, unseen)
        given = given[0] if isinstance(given, tuple) else given
    if recipe.pooling is Pooling.CLS:
        return functional.normalize(given[:, 0].float(), dim=-1)
    return functional.normalize((given.float() * mask[:, :, None]).sum(dim=1), dim=-1)
