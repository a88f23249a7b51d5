"""Keep only the word pieces that a shop needs: the word table is most of a multilingual model.

Kept are the pieces that its texts use, all of the scripts that it speaks, the most frequent ones, the special ones, and
every single character; so a piece that went falls apart into smaller ones that stayed, and never becomes <unk>. A text
of kept pieces is cut as before: the best cut under Unigram (Kudo 2018) stays the best when others go.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Longs
from zhanggui.data.store.chunks import chunks

FREQUENT = 20_000

ALWAYS = frozenset({"ASCII", "CJK"})
"""Shoppers type English and Chinese whatever the titles are written in; pieces of the other language that titles lack
cost search across languages nine points of MRR@10 (docs/decisions/0008)."""

_AT_ONCE = 1_000
_LEAST = 0.001
"""The share of a text's letters from which on their script is one that the shop speaks."""


def kept_ids(
    tokenizer: Tokenizer, texts: Iterable[str], *, frequent: int = FREQUENT, scripts: Collection[str] = ()
) -> Longs:
    """Return the ids to keep, ascending. Give texts with the prefixes under which they are encoded.

    All pieces of `scripts` (`scripts_of`) stay, whether or not a text uses them.
    """
    parts = json.loads(tokenizer.to_str())
    pieces = _pieces(parts["model"])
    used = {piece for some in chunks(texts, _AT_ONCE) for cut in tokenizer.encode_batch(some) for piece in cut.ids}
    single = {row for row, piece in pieces.items() if len(piece.removeprefix("##")) == 1}
    spoken = {row for row, piece in pieces.items() if scripts and all(script(c) in ("", *scripts) for c in piece)}
    kept = used | single | spoken | _special(parts) | _frequent(parts["model"], frequent)
    return np.array(sorted(kept), np.int64)


def scripts_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the scripts in which texts are written, and always those of English and Chinese.

    >>> sorted(scripts_of(["зелёный чай", "green tea"]))
    ['ASCII', 'CJK', 'CYRILLIC']
    """
    counts = Counter(script(char) for text in texts for char in text)
    letters = sum(counts.values()) - counts.pop("", 0)
    return ALWAYS | {name for name, count in counts.items() if count >= _LEAST * letters}


@lru_cache(100_000)
def script(char: str) -> str:
    """Return the script of a letter as its name in Unicode begins, "" for what belongs to all of them.

    >>> [script(char) for char in "a茶é7▁か"]
    ['ASCII', 'CJK', 'LATIN', '', '', 'HIRAGANA']
    """
    if unicodedata.category(char)[0] not in "LM":
        return ""
    return "ASCII" if char.isascii() else unicodedata.name(char, "").partition(" ")[0]


def prunable(tokenizer: Tokenizer) -> bool:
    """Tell whether the words of a tokenizer can be pruned."""
    return json.loads(tokenizer.to_str())["model"]["type"] in ("Unigram", "WordPiece")


def pruned(tokenizer: Tokenizer, kept: Longs) -> Tokenizer:
    """Return a tokenizer whose ids are the places in `kept` (ascending, as `kept_ids` gives them)."""
    parts = json.loads(tokenizer.to_str())
    places = {int(old): new for new, old in enumerate(kept)}
    if missing := _special(parts) - places.keys():
        raise ConfigError(f"Special pieces must be kept. Missing ids: {sorted(missing)}. Use kept_ids().")
    model = parts["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [model["vocab"][old] for old in kept if old < len(model["vocab"])]
        model["unk_id"] = places.get(model["unk_id"])
    else:
        model["vocab"] = {piece: places[row] for piece, row in model["vocab"].items() if row in places}
    parts["added_tokens"] = [{**token, "id": places[token["id"]]} for token in parts["added_tokens"]]
    parts["post_processor"] = _moved(parts["post_processor"], places)
    parts["padding"] = parts["truncation"] = None
    return Tokenizer.from_str(json.dumps(parts))


def _pieces(model: dict[str, Any]) -> dict[int, str]:
    if model["type"] == "Unigram":
        return {row: piece for row, (piece, _) in enumerate(model["vocab"])}
    if model["type"] == "WordPiece":
        return {row: piece for piece, row in model["vocab"].items()}
    raise ConfigError(f"Words of a {model['type']} tokenizer cannot be pruned. Allowed: Unigram, WordPiece.")


def _frequent(model: dict[str, Any], count: int) -> set[int]:
    """Return the ids with the highest scores; a WordPiece vocabulary has none and keeps what texts use.

    The lowest score stays too: the penalty of an unknown character hangs on it.
    """
    if model["type"] != "Unigram":
        return set()
    scores = np.array([score for _, score in model["vocab"]])
    return {int(scores.argmin()), *np.argsort(-scores, kind="stable")[:count].tolist()}


def _special(parts: dict[str, Any]) -> set[int]:
    model = parts["model"]
    unknown = model["unk_id"] if model["type"] == "Unigram" else model["vocab"].get(model["unk_token"])
    named = [row for row, piece in _pieces(model).items() if piece in _NAMES]
    added = [token["id"] for token in parts["added_tokens"]]
    return {*named, *added, *([] if unknown is None else [unknown]), *_template_ids(parts["post_processor"])}


_NAMES = {"<s>", "</s>", "<pad>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "[UNK]"}


def _template_ids(processor: dict[str, Any] | None) -> list[int]:
    """Return every id that a post-processor adds."""
    if processor is None:
        return []
    if processor["type"] == "Sequence":
        return [row for part in processor["processors"] for row in _template_ids(part)]
    if processor["type"] == "TemplateProcessing":
        return [row for token in processor["special_tokens"].values() for row in token["ids"]]
    return [processor[end][1] for end in ("sep", "cls") if end in processor]


def _moved(processor: dict[str, Any] | None, places: dict[int, int]) -> dict[str, Any] | None:
    if processor is None:
        return None
    if processor["type"] == "Sequence":
        return {**processor, "processors": [_moved(part, places) for part in processor["processors"]]}
    if processor["type"] == "TemplateProcessing":
        tokens = processor["special_tokens"].items()
        moved = {name: {**token, "ids": [places[row] for row in token["ids"]]} for name, token in tokens}
        return {**processor, "special_tokens": moved}
    return processor | {
        end: [processor[end][0], places[processor[end][1]]] for end in ("sep", "cls") if end in processor
    }
