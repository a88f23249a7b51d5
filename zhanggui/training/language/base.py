"""The model that is fine-tuned: opened from the installed package, a folder or a hub, and saved so that it opens again.

A folder is one of Hugging Face: `config.json`, `model.safetensors`, `tokenizer.json`; `zhanggui.json` (or the files of
sentence-transformers) says how texts go in, as `encoders.folder` reads it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils import logging as told_by_transformers

from zhanggui.core.errors import ConfigError
from zhanggui.data.beside import beside, sync
from zhanggui.encoders.e5_file import installed_weights, read_e5
from zhanggui.encoders.folder import OWN, read_recipe
from zhanggui.encoders.onnx_encoder import Recipe
from zhanggui.encoders.opening import DEFAULT, LONGEST
from zhanggui.encoders.xlmr import build_tokenizer
from zhanggui.training.language.e5_bert import e5_bert
from zhanggui.training.language.hub import hub_folder

E5_RECIPE = Recipe(query_prefix="query: ", passage_prefix="passage: ", max_length=LONGEST)
FAULTS = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError)


@dataclass(frozen=True, slots=True)
class Base:
    """A BERT-like encoder without a pooling layer, the tokenizer it reads by, and how it wants its texts."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    recipe: Recipe
    name: str


class Saved(Protocol):
    """What can be saved: a `Base`, and a model with a head on it."""

    @property
    def model(self) -> PreTrainedModel: ...
    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def recipe(self) -> Recipe: ...


def open_base(name_or_folder: str | Path, *, cache: Path) -> Base:
    """Open the shipped encoder by its name, a folder (also the `weights/` of a finished run), or a model of a hub.

    What comes from a hub is kept in `cache`, and opens from there without a network.
    Raises ConfigError for what is absent, torn or does not fit.
    """
    name = str(name_or_folder)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _open(folder, name=folder.resolve().name)
    if name == DEFAULT:
        weights = read_e5(installed_weights())
        recipe = _with_pad(E5_RECIPE, weights.config.pad)
        return Base(e5_bert(weights), build_tokenizer(weights), recipe, name)
    return _open(hub_folder(name, cache=cache), name=name)


def save_base(base: Saved, folder: Path) -> None:
    """Write a folder that `open_base` reads, whole or not at all. Raises ConfigError when the folder is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty; weights are never written over others. Choose another folder.")
    with beside(folder.parent) as new:
        hush()
        base.model.save_pretrained(new)
        base.tokenizer.save(str(new / "tokenizer.json"))
        (new / OWN).write_text(json.dumps(_told(base.recipe), ensure_ascii=False, indent=2), "utf-8")
        for path in new.iterdir():
            path.chmod(0o644)
        new.chmod(0o755)
        sync(new)
        new.rename(folder)


def pad_of(tokenizer: Tokenizer, *, config_pad: int | None) -> int:
    """Return the id that fills rows up: the tokenizer's own, else that of the usual names, else the model's, else 0."""
    if tokenizer.padding is not None:
        return int(tokenizer.padding["pad_id"])
    found = [tokenizer.token_to_id(token) for token in ("<pad>", "[PAD]")]
    return next((int(token) for token in [*found, config_pad] if token is not None), 0)


def _open(folder: Path, *, name: str) -> Base:
    if not (folder / "config.json").is_file():
        raise ConfigError(f"{folder} has no config.json. {_CURE}")
    tokenizer = read_tokenizer(folder)
    model = _model(folder)
    recipe = read_recipe(folder, pad=pad_of(tokenizer, config_pad=model.config.pad_token_id))
    return Base(model, tokenizer, recipe, name)


def _model(folder: Path) -> PreTrainedModel:
    hush()
    try:
        model, told = AutoModel.from_pretrained(
            str(folder), local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    except FAULTS as fault:
        raise ConfigError(f"{folder} does not open as a model: {fault}. {_CURE}") from fault
    if lacking := sorted(key for key in told["missing_keys"] if not key.startswith("pooler.")):
        raise ConfigError(f"The weights in {folder} lack {len(lacking)} tensors, {lacking[0]} first. {_CURE}")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # vectors are pooled from the states of tokens; its weights would only lie about
    return model.eval()


def hush() -> None:
    """Keep transformers' bars and reports off the terminal: what is wrong with a file becomes an error here."""
    told_by_transformers.disable_progress_bar()
    told_by_transformers.set_verbosity_error()


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read a folder's tokenizer: `tokenizer.json`, or what transformers makes of the older files."""
    own = folder / "tokenizer.json"
    try:
        if own.is_file():
            return Tokenizer.from_buffer(own.read_bytes())
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True).backend_tokenizer
    except (*FAULTS, AttributeError) as fault:
        raise ConfigError(f"{folder} holds no tokenizer that can be read: {fault}. {_CURE}") from fault


def _with_pad(recipe: Recipe, pad: int) -> Recipe:
    return Recipe(recipe.pooling, recipe.query_prefix, recipe.passage_prefix, recipe.max_length, pad)


def _told(recipe: Recipe) -> dict[str, str | int]:
    """Return what `read_recipe` reads; the padding comes from the tokenizer."""
    return {
        "pooling": recipe.pooling.value,
        "query_prefix": recipe.query_prefix,
        "passage_prefix": recipe.passage_prefix,
        "max_length": recipe.max_length,
    }


_CURE = "A model's folder holds config.json, model.safetensors and tokenizer.json; save or download it anew."
