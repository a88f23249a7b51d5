"""An encoder that keeps the tokens of what it reads, and judges by them how a query and a text go together.

One run of the model gives both: the vector of a text and its tokens. So judging costs no run of its own, where a
cross-encoder needs one for each pair.
"""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.onnx_encoder import OnnxEncoder
from zhanggui.encoders.token_codes import late_interaction
from zhanggui.encoders.token_file import TokenFile
from zhanggui.encoders.vector_file import VectorCache
from zhanggui.encoders.vectors import Used, Vectors

_MOST_WANTED = 2_000
_A_TIME = 32
"""Texts that are read at one time when only their tokens are missing: a second's work."""


class LateEncoder:
    """Implements `Encoder` and `PairScorer` (Khattab and Zaharia, ColBERT, SIGIR 2020); its `cache` goes with it.

    A text whose vector is known and whose tokens are not (a lost file, a home of before) is judged without at first;
    `read_missing` reads what shoppers saw of these.
    """

    def __init__(self, encoder: OnnxEncoder, folder: Path, vectors: Vectors) -> None:
        self.name, self.dim = encoder.name, encoder.dim
        self._encoder = encoder
        self._tokens = TokenFile(folder, encoder=encoder.name, dim=encoder.token_dim)
        self.cache = LateCache(vectors, self._tokens)
        self._wanted: dict[str, None] = {}
        self._lock = threading.Lock()

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim) for what shoppers type."""
        return self._encoder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim) for what products say of themselves, and keep their tokens."""
        vectors, tokens = self._encoder.passages_and_tokens(texts)
        self._tokens.put([content_hash(text) for text in texts], tokens)
        return vectors

    def score(self, query: str, texts: Sequence[str]) -> Floats:
        """Return (n,) how well the tokens of a query are met by those of each text, -1 to 1; NaN for texts not read."""
        found = self._tokens.get([content_hash(text) for text in texts])
        missing = [text for text, codes in zip(texts, found, strict=True) if codes is None and text]
        if missing:
            with self._lock:
                self._wanted |= dict.fromkeys(missing[: _MOST_WANTED - len(self._wanted)])
        return late_interaction(self._encoder.query_tokens(query), found)

    def take_over(self, encoder: str, folder: Path, hashes: Sequence[str]) -> None:
        """Keep the tokens that an encoder of this name has made of texts: it reads passages as this one does."""
        with closing(TokenFile(folder, encoder=encoder, dim=self._tokens.dim)) as theirs:
            self._tokens.copy(theirs, hashes)

    def read_missing(self, *, most: int = _A_TIME) -> int:
        """Read up to so many texts that were judged without their tokens, the first ones first; return how many."""
        with self._lock:
            texts = list(self._wanted)[:most]
            for text in texts:
                del self._wanted[text]
        missing = [text for text in texts if content_hash(text) not in self._tokens]
        if missing:
            self.passages(missing)
        return len(missing)


class LateCache:
    """Implements `Vectors` over a cache of vectors; what it forgets and closes, tokens go with."""

    def __init__(self, vectors: Vectors, tokens: TokenFile) -> None:
        self.dim = vectors.dim
        self._vectors, self._tokens = vectors, tokens

    def get(self, hashes: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Return which vectors are known, (n,), and the vectors (n, dim), zeros where unknown."""
        return self._vectors.get(hashes)

    def put(self, hashes: Sequence[str], vectors: Floats) -> None:
        """Keep vectors (n, dim)."""
        self._vectors.put(hashes, vectors)

    def forget(self, used: Used, *, spare: int) -> int:
        """Let go of texts that are not in use, but for the `spare` ones kept or used last; return how many vectors."""
        self._tokens.forget(used, spare=spare)
        return self._vectors.forget(used, spare=spare)

    def __contains__(self, content_hash: str) -> bool:
        return content_hash in self._vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def close(self) -> None:
        """Close both files. A second call does nothing."""
        self._tokens.close()
        self._vectors.close()


def keeping(encoder: Encoder, folder: Path) -> tuple[Encoder, Vectors]:
    """Return an encoder and the cache of its vectors in a folder; of a graph that tells of tokens these are kept, too.

    Whoever asked closes the cache.
    """
    vectors = VectorCache(folder, encoder=encoder.name, dim=encoder.dim)
    if not isinstance(encoder, OnnxEncoder) or not encoder.token_dim:
        return encoder, vectors
    late = LateEncoder(encoder, folder, vectors)
    return late, late.cache
