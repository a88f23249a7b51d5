"""Write a trained encoder or cross-encoder as the folder that a shop opens: model, tokenizer and recipe.

An encoder of 8 bits brings a second graph for queries: the same model in whole numbers, or one of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.encoders.onnx_encoder import Recipe
from zhanggui.encoders.pairs import with_pairs
from zhanggui.training.language.export.graph import cross_graph, encoder_graph
from zhanggui.training.language.export.precision import Precision, Storage, fits_four_bits
from zhanggui.training.language.export.sensitivity import most_sensitive
from zhanggui.training.language.export.shape import WORDS, Shape, shape_of, state_of, with_layers
from zhanggui.training.language.export.words import kept_ids, prunable, pruned, scripts_of

_LOOKED_AT = 2_000
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

    With INT8, the matrices that move the vectors of `calibration` (passages without prefix) most stay in fp32, within
    `spare_bytes` more bytes. `layers` are not those of a model of queries: it is small already.
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


def for_shop(base: Exportable, texts: Sequence[str], smaller: Smaller = SMALL) -> Smaller:
    """Return `smaller` with the words that a shop needs: those of its texts (with their prefixes) and of its scripts.

    In 4 bits where that loses nothing, as with the built-in model, whose words have no more.
    """
    table = state_of(base.model)[WORDS]
    if fits_four_bits(np.asarray(table[:: max(1, len(table) // _LOOKED_AT)], np.float32)):
        smaller = replace(smaller, word_bits=4)
    if prunable(base.tokenizer):
        smaller = replace(smaller, tokens=kept_ids(base.tokenizer, texts, scripts=scripts_of(texts)))
    return smaller


def export_encoder(
    base: Exportable, folder: Path, smaller: Smaller = SMALL, *, queries: Exportable | None = None
) -> Path:
    """Write the folder of a bi-encoder, which `zhanggui.encoders.folder.open_folder` opens; return the model's path.

    `queries`, a student that gives queries the vectors of `base` (`distil.distil_encoder`), becomes `queries.onnx`;
    with INT8, where none is given, `base` does: a query is read alone, so that there it can be rounded as a whole, two
    to three times as fast. It tells of single tokens only with as many layers as `base`: theirs must be compared.
    Raises ConfigError for one that reads other tokens, wants its texts otherwise or gives vectors of other length.
    """
    if smaller.precision is Precision.INT8_DYNAMIC:
        raise ConfigError(
            f"Vectors must not depend on the texts beside them. {smaller.precision} is for cross-encoders."
        )
    graphs = {}
    if queries is not None:
        _check_alike(base, queries, smaller)
        alike = smaller.layers is None and shape_of(queries.model.config).layers == shape_of(base.model.config).layers
        graphs["queries"], _ = _encoder(queries, _faster(replace(smaller, layers=None)), (), tokens=alike)
    elif smaller.precision is Precision.INT8:
        graphs["queries"], _ = _encoder(base, _faster(smaller), ())
    texts = [base.recipe.passage_prefix + text for text in smaller.calibration]
    graphs["model"], tokenizer = _encoder(base, smaller, texts)
    return _write(folder, graphs, tokenizer, base.recipe)


def _faster(smaller: Smaller) -> Smaller:
    exact = smaller.precision is Precision.FP32
    return smaller if exact else replace(smaller, precision=Precision.INT8_DYNAMIC)


def export_cross(cross: Exportable, folder: Path, smaller: Smaller = SMALL) -> Path:
    """Write the folder of a cross-encoder, which `zhanggui.encoders.cross_encoder.open_cross_encoder` opens."""
    if smaller.dim is not None:
        raise ConfigError(f"A cross-encoder has no vectors to cut to dim={smaller.dim}. Leave dim out.")
    state, shape, tokenizer = _parts(cross, smaller)
    graph = cross_graph(state, shape, storage=Storage(smaller.precision, smaller.word_bits, block=smaller.block))
    return _write(folder, {"model": graph}, with_pairs(tokenizer), cross.recipe)


def _encoder(
    base: Exportable, smaller: Smaller, texts: Sequence[str], *, tokens: bool = True
) -> tuple[onnx.ModelProto, Tokenizer]:
    """Return a graph, calibrated by texts that have their prefix, and the tokenizer of the words it kept."""
    state, shape, tokenizer = _parts(base, smaller)
    storage = Storage(smaller.precision, smaller.word_bits, block=smaller.block)
    pooling = base.recipe.pooling
    if texts and smaller.precision is Precision.INT8:
        spared = most_sensitive(state, shape, tokenizer, texts, pooling=pooling, spare_bytes=smaller.spare_bytes)
        storage = replace(storage, spared=spared)
    graph = encoder_graph(state, shape, pooling=pooling, storage=storage, dim=smaller.dim, tokens=tokens)
    return graph, tokenizer


def _check_alike(base: Exportable, queries: Exportable, smaller: Smaller) -> None:
    """Refuse a model of queries whose vectors cannot be compared with those of the passages."""
    cure = "Distil it from the model of the passages (distil_encoder)."
    if queries.recipe != base.recipe:
        both = f"Queries would go in as {queries.recipe}, passages as {base.recipe}"
        raise ConfigError(f"{both}; a folder has one recipe. {cure}")
    if queries.tokenizer is not base.tokenizer and queries.tokenizer.get_vocab() != base.tokenizer.get_vocab():
        raise ConfigError(f"The model of queries reads other tokens than that of passages. {cure}")
    short, long = (smaller.dim or shape_of(part.model.config).hidden for part in (queries, base))
    if short != long:
        raise ConfigError(f"Queries would get vectors of {short} numbers, passages of {long}. {cure}")


def _parts(base: Exportable, smaller: Smaller) -> tuple[dict[str, Floats], Shape, Tokenizer]:
    state, shape, tokenizer = state_of(base.model), shape_of(base.model.config), base.tokenizer
    if smaller.layers is not None:
        state, shape = with_layers(state, shape, smaller.layers)
    if smaller.tokens is not None:
        state[WORDS] = state[WORDS][smaller.tokens]
        tokenizer = pruned(tokenizer, smaller.tokens)
    return state, shape, tokenizer


def _write(folder: Path, graphs: Mapping[str, onnx.ModelProto], tokenizer: Tokenizer, recipe: Recipe) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model", "queries"):  # a graph left by an earlier export would answer queries by other tokens
        for old in (folder / f"{name}.onnx", folder / f"{name}.onnx_data"):  # onnx would append to the latter
            old.unlink(missing_ok=True)
    for name, graph in graphs.items():
        large = graph.ByteSize() > _LARGEST
        weights = f"{name}.onnx_data" if large else None
        onnx.save_model(graph, str(folder / f"{name}.onnx"), save_as_external_data=large, location=weights)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    told = {key: value for key, value in asdict(recipe).items() if key != "pad"}
    (folder / "zhanggui.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    return folder / "model.onnx"
