"""Vectors of single tokens in two bits a coordinate, and how well a query's tokens meet those of a text.

Late interaction (Khattab and Zaharia, ColBERT, SIGIR 2020): each token of the query looks for its nearest token of the
text, and the score is the mean of these cosines. A rotation spreads what a few coordinates hold over all of them; then
four levels suffice (those of Max, Quantizing for Minimum Distortion, 1960), and a token of 384 takes 96 bytes.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import numpy as np

from zhanggui.core.interactions import Floats

_LEVELS = np.array([-1.510, -0.4528, 0.4528, 1.510], np.float32)
"""Of a normal variable of deviation one; it is cut between them at 0 and ±.9816."""
_CUTS = np.array([-0.9816, 0.0, 0.9816], np.float32)
_A_BYTE = 4
_OF_A_BYTE = _LEVELS[(np.arange(256)[:, None] >> np.arange(0, 8, 2)) & 3]
_SQUARES = (_OF_A_BYTE**2).sum(axis=1)
_PLACES = np.array([1, 4, 16, 64], np.uint8)


def packed(tokens: Floats) -> bytes:
    """Return (n, dim) rotated unit vectors as n * dim / 4 bytes; dim is a multiple of 4."""
    levels = np.searchsorted(_CUTS, tokens * np.float32(np.sqrt(tokens.shape[1]))).astype(np.uint8)
    four = levels.reshape(len(tokens), -1, _A_BYTE)
    return np.asarray((four * _PLACES).sum(axis=2, dtype=np.uint8)).tobytes()


def unpacked(codes: bytes, dim: int) -> Floats:
    """Return the tokens that were packed: (n, dim) unit vectors, fp32, each near what it was (a cosine of .94)."""
    found, lengths = _read(codes, dim)
    return np.asarray(found / lengths[:, None], np.float32)


def _read(codes: bytes, dim: int) -> tuple[Floats, Floats]:
    """Return tokens (n, dim) and how long each is (n,)."""
    places = np.frombuffer(codes, np.uint8)
    squares = _SQUARES.take(places).reshape(-1, dim // _A_BYTE).sum(axis=1)
    return _OF_A_BYTE.take(places, axis=0).reshape(-1, dim), np.sqrt(squares)


def rotated(tokens: Floats) -> Floats:
    """Return (…, dim) as unit vectors in the coordinates that `packed` expects."""
    flat = tokens.reshape(-1, tokens.shape[-1])
    unit = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return np.asarray(unit @ rotation(flat.shape[1]), np.float32).reshape(tokens.shape)


@cache
def rotation(dim: int) -> Floats:
    """Return an orthogonal matrix (dim, dim), the same on every machine.

    Twice: signs at random, then Hadamard's matrix in blocks of the highest power of two in `dim`, then a shuffle
    (Ailon and Chazelle, Fast Johnson-Lindenstrauss, 2009).
    """
    block = dim & -dim
    hadamard = np.ones((1, 1))
    while len(hadamard) < block:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    blocks = np.kron(np.eye(dim // block), hadamard / np.sqrt(block))
    turned = np.eye(dim)
    for time in "ab":
        digests = [blake2b(f"{time}{at}".encode()).digest() for at in range(dim)]  # numpy's generators may change
        signs = np.array([1 - 2 * (digest[0] & 1) for digest in digests])
        turned = (turned * signs @ blocks)[:, np.argsort([digest[1:] for digest in digests])]
    return np.asarray(turned, np.float32)


def late_interaction(query: Floats, texts: Sequence[bytes | None]) -> Floats:
    """Return (n,) mean over the query's tokens (q, dim) of the highest cosine with a token of each text.

    NaN for a text without tokens.

    >>> tokens = rotated(np.eye(384, dtype=np.float32)[:4])
    >>> late_interaction(tokens[:2], [packed(tokens), packed(tokens[1:]), None]).round(1)
    array([0.9, 0.5, nan], dtype=float32)
    """
    scores = np.full(len(texts), np.nan, np.float32)
    known = [at for at, text in enumerate(texts) if text]
    if not known or not len(query):
        return scores
    dim = query.shape[1]
    lengths = [len(texts[at] or b"") * _A_BYTE // dim for at in known]
    tokens, sizes = _read(b"".join(texts[at] or b"" for at in known), dim)
    cosines = query @ tokens.T / sizes
    starts = np.concatenate([[0], np.cumsum(lengths[:-1], dtype=np.int64)])
    scores[known] = np.maximum.reduceat(cosines, starts, axis=1).mean(axis=0)
    return scores
