"""A cross-encoder between training and export: a BERT encoder with a head of one logit over two texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats
from zhanggui.encoders.batches import batches, padded
from zhanggui.encoders.folder import read_recipe
from zhanggui.encoders.onnx_encoder import Recipe, sound
from zhanggui.encoders.pairs import PairTokens, pair_tokens, with_pairs
from zhanggui.training.language.base import FAULTS, Base, hush, pad_of, read_tokenizer

_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class CrossBase:
    """A model of one logit (higher: fits better), its tokenizer, and how it wants texts. `save_base` takes it too."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    recipe: Recipe
    name: str


def with_head(base: Base, *, seed: int) -> CrossBase:
    """Put a fresh head of one logit on a copy of an encoder, as `BertForSequenceClassification` has it.

    Raises ConfigError for a model that transformers cannot give such a head.
    """
    hush()
    config = type(base.model.config).from_dict({**base.model.config.to_dict(), "num_labels": 1})
    torch.manual_seed(seed)
    try:
        model = AutoModelForSequenceClassification.from_config(config)
    except ValueError as fault:
        raise ConfigError(f"{base.name} takes no head: {fault}. Take an encoder of the BERT family.") from fault
    _, unexpected = model.base_model.load_state_dict(base.model.state_dict(), strict=False)
    if unexpected:
        raise ConfigError(f"{base.name}: {len(unexpected)} weights have no place below a head, {unexpected[0]} first.")
    return CrossBase(model.eval(), base.tokenizer, base.recipe, base.name)


def open_cross(folder: Path) -> CrossBase:
    """Open what `save_base` wrote of a cross-encoder."""
    if not (folder / "config.json").is_file():
        raise ConfigError(f"{folder} has no config.json. Run: zhanggui train ranker")
    hush()
    try:
        model, told = AutoModelForSequenceClassification.from_pretrained(
            str(folder), local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    except FAULTS as fault:
        raise ConfigError(f"{folder} does not open as a cross-encoder: {fault}. Run: zhanggui train ranker") from fault
    if lacking := sorted(told["missing_keys"]):
        raise ConfigError(f"{folder} lacks {len(lacking)} tensors, {lacking[0]} first. Run: zhanggui train ranker")
    tokenizer = read_tokenizer(folder)
    recipe = read_recipe(folder, pad=pad_of(tokenizer, config_pad=model.config.pad_token_id))
    return CrossBase(model.eval(), tokenizer, recipe, folder.resolve().name)


def read_pairs(cross: CrossBase, lefts: Sequence[str], rights: Sequence[str]) -> list[PairTokens]:
    """Return what the model reads of each pair: prefixes, joining and cut are those of serving."""
    recipe, tokenizer = cross.recipe, with_pairs(cross.tokenizer)
    return [
        pair_tokens(
            tokenizer,
            recipe.query_prefix + sound(left.strip()),
            [recipe.passage_prefix + sound(right.strip())],
            max_length=recipe.max_length,
        )[0]
        for left, right in zip(lefts, rights, strict=True)
    ]


def logits(cross: CrossBase, pairs: Sequence[PairTokens]) -> torch.Tensor:
    """Return (n,) of one batch, with gradients where they are on."""
    device = next(cross.model.parameters()).device
    ids, mask = padded([pair.ids for pair in pairs], pad=cross.recipe.pad)
    given = {"input_ids": ids, "attention_mask": mask}
    if getattr(cross.model.config, "type_vocab_size", 0) > 1:
        given["token_type_ids"] = padded([pair.types for pair in pairs], pad=0)[0]
    found = cross.model(**{name: torch.from_numpy(table).to(device) for name, table in given.items()})
    return found.logits[:, 0].float()


def score_pairs(cross: CrossBase, pairs: Sequence[PairTokens]) -> Floats:
    """Return (n,) logits, without gradients, in batches of like length."""
    scores = np.empty(len(pairs), np.float32)
    cross.model.eval()
    with torch.inference_mode():
        for rows in batches([len(pair.ids) for pair in pairs], tokens=_TOKENS):
            scores[rows] = logits(cross, [pairs[row] for row in rows]).cpu().numpy()
    return scores


def score(cross: CrossBase, lefts: Sequence[str], rights: Sequence[str]) -> Floats:
    """Return (n,) logits: how well each right text answers its left one."""
    return score_pairs(cross, read_pairs(cross, lefts, rights))


def on(cross: CrossBase, device: torch.device) -> CrossBase:
    """Return it on a device (the module itself moves)."""
    return replace(cross, model=cross.model.to(device))
