"""An encoder as a folder: `model.onnx` and `tokenizer.json`, as sentence-transformers or our own training leave it.

`zhanggui.json` may say how texts go in: {"pooling": "mean" | "cls", "query_prefix": "…", "passage_prefix": "…",
"max_length": 128}. What it leaves open is read from the files of sentence-transformers: `1_Pooling/config.json`,
`config_sentence_transformers.json` (prompts), `sentence_bert_config.json` (max_seq_length); else the defaults hold.

`queries.onnx`, where it lies beside `model.onnx`, encodes the queries: a smaller model that was taught the vectors of
the other. Both read the same tokens and give vectors of the same length.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.kept import file_digest
from zhanggui.encoders.onnx_encoder import OnnxEncoder, Pooling, Recipe

OWN = "zhanggui.json"
TOKENS = "tokenizer.json"
MODELS = ("model.onnx", "onnx/model.onnx")
QUERIES = "queries.onnx"
_LONGEST = 128


def open_folder(folder: Path, *, threads: int = 1) -> OnnxEncoder:
    """Open the encoder in a folder. Its name carries a digest: other weights never meet the vectors of these.

    The graph of queries counts, though passages do not depend on it: by its name a server sees that it must move.
    """
    model, tokenizer = model_file(folder), open_tokenizer(folder)
    queries = path if (path := model.with_name(QUERIES)).is_file() else None
    recipe = read_recipe(folder, pad=padding_id(tokenizer))
    name = f"{folder.resolve().name}@{_digest(model, folder / TOKENS, queries, recipe)}"
    return OnnxEncoder(model, tokenizer, recipe, name=name, query_model=queries, threads=threads)


def read_recipe(folder: Path, *, pad: int = 0) -> Recipe:
    """Read how the model in a folder wants its texts."""
    own = _json(folder / OWN)
    if unknown := sorted(own.keys() - _OWN_KINDS.keys()):
        raise ConfigError(f"{folder / OWN}: unknown {', '.join(unknown)}. Known: {', '.join(_OWN_KINDS)}.")
    for key, value in own.items():
        if not isinstance(value, _OWN_KINDS[key]) or isinstance(value, bool):
            raise ConfigError(f"{folder / OWN}: {key} must be {_OWN_KINDS[key].__name__}. Got {value!r}.")
    if own.get("max_length", 1) < 1:
        raise ConfigError(f"{folder / OWN}: max_length must be at least 1. Got {own['max_length']}.")
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    longest = _json(folder / "sentence_bert_config.json").get("max_seq_length") or _LONGEST
    return Recipe(
        pooling=_pooling(own.get("pooling") or _their_pooling(folder), folder),
        query_prefix=own.get("query_prefix", prompts.get("query", "")),
        passage_prefix=own.get("passage_prefix", prompts.get("passage", prompts.get("document", ""))),
        max_length=own.get("max_length", min(longest, _LONGEST)),
        pad=pad,
    )


_OWN_KINDS: dict[str, type] = {"pooling": str, "query_prefix": str, "passage_prefix": str, "max_length": int}


def _cure(folder: Path) -> str:
    return (
        f"An encoder's folder holds {MODELS[0]} and tokenizer.json (and {OWN} if it likes); export them into {folder}."
    )


def model_file(folder: Path) -> Path:
    """Return where the model of a folder lies."""
    for name in MODELS:
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"{folder} has neither {' nor '.join(MODELS)}. {_cure(folder)}")


def open_tokenizer(folder: Path) -> Tokenizer:
    """Open the tokenizer of a folder."""
    path = folder / TOKENS
    if not path.is_file():
        raise ConfigError(f"{folder} has no {TOKENS}. {_cure(folder)}")
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    except ValueError as fault:
        raise ConfigError(f"{path} is not a tokenizer: {fault}. Export it anew.") from fault


def padding_id(tokenizer: Tokenizer) -> int:
    """Return the id that fills short rows."""
    if tokenizer.padding is not None:
        return int(tokenizer.padding["pad_id"])
    found = (tokenizer.token_to_id(token) for token in ("<pad>", "[PAD]"))
    return next((int(token) for token in found if token is not None), 0)


def _their_pooling(folder: Path) -> str:
    pooling = _json(folder / "1_Pooling" / "config.json")
    return Pooling.CLS if pooling.get("pooling_mode_cls_token") else Pooling.MEAN


def _pooling(value: str, folder: Path) -> Pooling:
    try:
        return Pooling(value)
    except ValueError:
        raise ConfigError(f"{folder / OWN}: pooling is {value!r}. Allowed: {', '.join(Pooling)}.") from None


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as fault:
        raise ConfigError(f"{path} is not JSON: {fault}. Mend it or remove it.") from fault
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold an object. Got {type(content).__name__}.")
    return content


def _digest(model: Path, tokens: Path, queries: Path | None, recipe: Recipe) -> str:
    files = [model, tokens, _weights_of(model), *([queries, _weights_of(queries)] if queries else [])]
    parts = [file_digest(path) for path in files if path.is_file()]
    return hashlib.blake2b("\n".join([*parts, repr(recipe)]).encode(), digest_size=4).hexdigest()


def _weights_of(model: Path) -> Path:
    """Return where the weights of a graph too large for one file lie."""
    return model.with_name(f"{model.name}_data")
