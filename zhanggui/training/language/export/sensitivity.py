"""Which matrices must not be rounded: round one at a time and see how far the vectors of given texts move."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from zhanggui.core.interactions import Floats, Longs
from zhanggui.encoders.batches import batches, padded
from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.training.language.export.graph import encoder_graph, linear_names, linear_sizes
from zhanggui.training.language.export.precision import Precision, Storage
from zhanggui.training.language.export.shape import WORDS, Shape, State

_BATCH_TOKENS = 384
_SAVED = 4 - 1 - 4 / 32
"""Bytes that a weight saves as a code of 8 bits with its share of a scale."""


def moved(
    state: State, shape: Shape, tokenizer: Tokenizer, texts: Sequence[str], *, pooling: Pooling
) -> dict[str, float]:
    """Return for every matrix the mean of 1 - cosine between vectors before and after only it is stored in 8 bits."""
    rows, ids = np.unique(np.concatenate([_ids(tokenizer, text) for text in texts]), return_inverse=True)
    cuts = np.cumsum([len(_ids(tokenizer, text)) for text in texts])[:-1]
    given = [part.astype(np.int64) for part in np.split(ids, cuts)]
    small = {**state, WORDS: np.asarray(state[WORDS])[rows]}  # only the words of these texts: light graphs
    names = linear_names(shape)

    def vectors(rounded: str) -> Floats:
        storage = Storage(Precision.INT8, spared=frozenset(names) - {rounded})
        return _encoded(encoder_graph(small, shape, pooling=pooling, storage=storage).SerializeToString(), given)

    exact = vectors("")
    return {name: float(1 - np.einsum("nd,nd->n", exact, vectors(name)).mean()) for name in names}


def most_sensitive(
    state: State,
    shape: Shape,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    pooling: Pooling,
    spare_bytes: int,
) -> frozenset[str]:
    """Return the matrices to leave in fp32."""
    return chosen(moved(state, shape, tokenizer, texts, pooling=pooling), linear_sizes(shape), spare_bytes=spare_bytes)


def chosen(moves: Mapping[str, float], sizes: Mapping[str, int], *, spare_bytes: int) -> frozenset[str]:
    """Return the names that cost least bytes for what they move, while they fit.

    >>> sorted(chosen({"a": 0.3, "b": 0.1, "c": 0.2}, {"a": 100, "b": 10, "c": 90}, spare_bytes=400))
    ['a', 'b']
    """
    left, taken = float(spare_bytes), set()
    for name in sorted(moves, key=lambda name: (-moves[name] / sizes[name], name)):
        if moves[name] > 0 and sizes[name] * _SAVED <= left:
            left -= sizes[name] * _SAVED
            taken.add(name)
    return frozenset(taken)


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text).ids[:128])


def _encoded(model: bytes, ids: Sequence[Longs]) -> Floats:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows: dict[int, Floats] = {}
    for batch in batches([len(row) for row in ids], tokens=_BATCH_TOKENS):
        table, mask = padded([ids[row] for row in batch], pad=0)
        vectors = session.run(None, {"input_ids": table, "attention_mask": mask})[0]
        rows.update(zip(batch.tolist(), vectors, strict=True))
    return np.stack([rows[row] for row in range(len(ids))])
