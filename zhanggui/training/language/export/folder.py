"""Write a trained encoder or cross-encoder as the folder that a shop opens: model, tokenizer and recipe."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import onnx
from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.encoders.onnx_encoder import Recipe
from zhanggui.encoders.pairs import with_pairs
from zhanggui.training.language.export.graph import cross_graph, encoder_graph
from zhanggui.training.language.export.precision import Precision, Storage
from zhanggui.training.language.export.sensitivity import most_sensitive
from zhanggui.training.language.export.shape import WORDS, Shape, shape_of, state_of, with_layers
from zhanggui.training.language.export.words import pruned

_LARGEST = 1_900_000_000  # bytes of one protobuf file; weights beyond go beside it


class Exportable(Protocol):
    """What is exported: `Base` and `CrossBase` of the trainer."""

    @property
    def model(self) -> Any: ...
    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def recipe(self) -> Recipe: ...


@dataclass(frozen=True, slots=True)
class Smaller:
    """What an export leaves out.

    `tokens`: ids to keep (`words.kept_ids`); `layers`: those to keep, counted from 0.
    `dim`: coordinates of a vector to keep; `block`: weights that share a scale, 32, 64 or 128 (faster, less near).

    With INT8, the matrices that move the vectors of `calibration` most stay in fp32, within `spare_bytes` more bytes.
    """

    precision: Precision = Precision.INT8
    word_bits: int = 8
    tokens: Longs | None = None
    layers: Sequence[int] | None = None
    dim: int | None = None
    block: int = 32
    calibration: Sequence[str] = ()
    spare_bytes: int = 4_000_000


SMALL = Smaller()
"""Everything in 8 bits, all words and layers."""

FULL = Smaller(precision=Precision.FP32, word_bits=32)
"""Nothing left out: the vectors are those of the trained model, to 1e-4."""


def export_encoder(base: Exportable, folder: Path, smaller: Smaller = SMALL) -> Path:
    """Write the folder of a bi-encoder, which `zhanggui.encoders.folder.open_folder` opens; return the model's path."""
    if smaller.precision is Precision.INT8_DYNAMIC:
        raise ConfigError(
            f"Vectors must not depend on the texts beside them. {smaller.precision} is for cross-encoders."
        )
    state, shape, tokenizer = _parts(base, smaller)
    storage = Storage(smaller.precision, smaller.word_bits, block=smaller.block)
    if smaller.calibration and smaller.precision is Precision.INT8:
        texts = [base.recipe.passage_prefix + text for text in smaller.calibration]
        spared = most_sensitive(
            state, shape, tokenizer, texts, pooling=base.recipe.pooling, spare_bytes=smaller.spare_bytes
        )
        storage = replace(storage, spared=spared)
    graph = encoder_graph(state, shape, pooling=base.recipe.pooling, storage=storage, dim=smaller.dim)
    return _write(folder, graph, tokenizer, base.recipe)


def export_cross(cross: Exportable, folder: Path, smaller: Smaller = SMALL) -> Path:
    """Write the folder of a cross-encoder, which `zhanggui.encoders.cross_encoder.open_cross_encoder` opens."""
    if smaller.dim is not None:
        raise ConfigError(f"A cross-encoder has no vectors to cut to dim={smaller.dim}. Leave dim out.")
    state, shape, tokenizer = _parts(cross, smaller)
    graph = cross_graph(state, shape, storage=Storage(smaller.precision, smaller.word_bits, block=smaller.block))
    return _write(folder, graph, with_pairs(tokenizer), cross.recipe)


def _parts(base: Exportable, smaller: Smaller) -> tuple[dict[str, Floats], Shape, Tokenizer]:
    state, shape, tokenizer = state_of(base.model), shape_of(base.model.config), base.tokenizer
    if smaller.layers is not None:
        state, shape = with_layers(state, shape, smaller.layers)
    if smaller.tokens is not None:
        state[WORDS] = state[WORDS][smaller.tokens]
        tokenizer = pruned(tokenizer, smaller.tokens)
    return state, shape, tokenizer


def _write(folder: Path, graph: onnx.ModelProto, tokenizer: Tokenizer, recipe: Recipe) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path, large = folder / "model.onnx", graph.ByteSize() > _LARGEST
    (folder / "model.onnx_data").unlink(missing_ok=True)  # onnx would append to it
    onnx.save_model(graph, str(path), save_as_external_data=large, location="model.onnx_data" if large else None)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    told = {key: value for key, value in asdict(recipe).items() if key != "pad"}
    (folder / "zhanggui.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    return path
