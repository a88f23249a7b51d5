"""A cross-encoder: one model reads the query and a text together (Nogueira and Cho 2019), by ONNX Runtime."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats
from zhanggui.encoders.batches import batches, padded
from zhanggui.encoders.folder import OWN, model_file, open_tokenizer, padding_id, read_recipe
from zhanggui.encoders.kept import file_digest
from zhanggui.encoders.onnx_encoder import RUNTIME_FAULTS, Recipe, open_session, sound
from zhanggui.encoders.pairs import PairTokens, pair_tokens, with_pairs

BATCH_TOKENS = 1024
"""Padded tokens a call of the model; pairs of like length go together."""


class OnnxCrossEncoder:
    """Implements `PairScorer`. One session serves all threads; a call uses `threads` of its own."""

    def __init__(self, model: Path, tokenizer: Tokenizer, recipe: Recipe, *, name: str, threads: int = 1) -> None:
        self.name = name
        self._recipe, self._tokenizer = recipe, with_pairs(tokenizer)
        self._session = open_session(model, threads)
        self._inputs = [given.name for given in self._session.get_inputs()]
        if "input_ids" not in self._inputs or not set(self._inputs) <= _KNOWN:
            raise ConfigError(f"{model} takes {self._inputs}; a cross-encoder takes some of {sorted(_KNOWN)}.")
        if (scores := self.score("", [""])).shape != (1,):
            raise ConfigError(f"{model} gives shape {scores.shape} for one pair; a cross-encoder gives logits (1,).")

    def score(self, query: str, texts: Sequence[str]) -> Floats:
        """Return (n,) logits; pairs are cut after `max_length` tokens, on the text's side."""
        pairs = self.tokens(query, texts)
        scores = np.empty(len(pairs), np.float32)
        for rows in batches([len(pair.ids) for pair in pairs], tokens=BATCH_TOKENS):
            scores[rows] = self._run([pairs[row] for row in rows])
        return scores

    def tokens(self, query: str, texts: Sequence[str]) -> list[PairTokens]:
        """Return what the model reads."""
        left = self._recipe.query_prefix + sound(query.strip())
        right = [self._recipe.passage_prefix + sound(text.strip()) for text in texts]
        return pair_tokens(self._tokenizer, left, right, max_length=self._recipe.max_length)

    def _run(self, pairs: Sequence[PairTokens]) -> Floats:
        ids, mask = padded([pair.ids for pair in pairs], pad=self._recipe.pad)
        types, _ = padded([pair.types for pair in pairs], pad=0)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        try:
            logits = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]
        except RUNTIME_FAULTS as fault:
            raise RuntimeError(f"ONNX Runtime failed on {len(ids)} pairs of {ids.shape[1]} tokens: {fault}") from fault
        return np.asarray(logits, np.float32).reshape(len(pairs), -1)[:, -1]


def open_cross_encoder(folder: Path, *, threads: int = 1) -> OnnxCrossEncoder:
    """Open the cross-encoder in a folder: model.onnx, tokenizer.json and zhanggui.json (prefixes, max_length)."""
    model, tokenizer = model_file(folder), open_tokenizer(folder)
    recipe = read_recipe(folder, pad=padding_id(tokenizer))
    parts = [file_digest(path) for path in (model, folder / "tokenizer.json", folder / OWN) if path.is_file()]
    digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()
    return OnnxCrossEncoder(model, tokenizer, recipe, name=f"{folder.resolve().name}@{digest}", threads=threads)


_KNOWN = {"input_ids", "attention_mask", "token_type_ids"}
