"""Any transformer text encoder as an ONNX graph with its tokenizer, run by ONNX Runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.encoders.batches import batches, padded
from zhanggui.encoders.graph_parts import TOKENS
from zhanggui.encoders.recent import Recent
from zhanggui.encoders.token_codes import rotated

Halves = NDArray[np.float16]

BATCH_TOKENS = 384
"""Padded tokens a batch: beyond a few hundred the matrices leave the cache and nothing is won."""

_ALONE = 1
"""Tokens a batch that only one text at a time fills."""

_ASKED_LATELY = 256
"""Queries whose tokens are at hand: 10 KB each."""


class Pooling(StrEnum):
    """How the vectors of tokens become one: their mean, or that of the first token; both are scaled to length one."""

    MEAN = "mean"
    CLS = "cls"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model wants its texts. A graph whose output is (B, dim) pools by itself and `pooling` is not used."""

    pooling: Pooling = Pooling.MEAN
    query_prefix: str = ""
    passage_prefix: str = ""
    max_length: int = 128
    pad: int = 0


class OnnxEncoder:
    """Implements `Encoder`. One session serves all callers: a call runs on the thread that made it.

    With `threads` = 1 ONNX Runtime has no pool of its own, so a query never queues behind passages: they run side by
    side on two cores, and the weights are in memory once. Vectors of the latest `remembered` queries are kept.
    Texts are cut after `max_length` tokens. Blanks around a text are dropped.

    `query_model` is a faster graph for queries: in numbers that are rounded more, or with fewer layers (Wang and Lyu
    2023; Kim et al. 2023, EmbedDistill). Same tokens, vectors in the same space. It reads one text a call, so that none
    depends on those beside it. It has a session of its own and never waits for passages, whatever `threads` is; its
    table of words is in memory a second time.
    """

    def __init__(
        self,
        model: Path,
        tokenizer: Tokenizer,
        recipe: Recipe,
        *,
        name: str,
        query_model: Path | None = None,
        threads: int = 1,
        remembered: int = 4096,
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        self.name = name
        self._recipe = recipe
        self._tokenizer = _prepared(tokenizer, recipe)
        self._batch_tokens = batch_tokens
        self._queries = Recent[str, Floats](size=remembered)
        self._query_tokens = Recent[str, Halves](size=_ASKED_LATELY)
        self._closing = int(self._tokenizer.num_special_tokens_to_add(False) > 0)
        self._query_mark, self._passage_mark = self._mark(recipe.query_prefix), self._mark(recipe.passage_prefix)
        self._passage_graph = _Graph(model, threads)
        self.dim = len(self._read(self._passage_graph, [""], 0)[0][0])
        self._query_graph = self._fitting(query_model, model, threads) if query_model else self._passage_graph

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim); queries asked before are answered from memory."""
        texts = [text.strip() for text in texts]
        known = {text: self._queries.get(text) for text in texts}
        fresh = [text for text, vector in known.items() if vector is None]
        made = self._read(self._query_graph, [self._recipe.query_prefix + text for text in fresh], self._query_mark)
        for text, (vector, tokens) in zip(fresh, made, strict=True):
            known[text] = vector.copy()
            self._queries.put(text, vector.copy())
            if tokens.size:
                self._query_tokens.put(text, tokens)
        vectors = [one for text in texts if (one := known[text]) is not None]
        return np.stack(vectors) if vectors else np.empty((0, self.dim), np.float32)

    def passages(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim), encoded in batches of like length."""
        return self.passages_and_tokens(texts)[0]

    @property
    def token_dim(self) -> int:
        """Return how long the vector of a token is; 0 for a graph that tells of the whole text alone."""
        return self._passage_graph.token_dim

    def query_tokens(self, text: str) -> Floats:
        """Return (n, token_dim), rotated unit vectors of a query's tokens; at hand for what was asked lately."""
        text = text.strip()
        if (known := self._query_tokens.get(text)) is not None:
            return known.astype(np.float32)
        graph = self._query_graph if self._query_graph.token_dim else self._passage_graph
        ((_, made),) = self._read(graph, [self._recipe.query_prefix + text], self._query_mark)
        self._query_tokens.put(text, made)
        return made.astype(np.float32)

    def passages_and_tokens(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """Return (n, dim), and for each text its tokens, (its tokens, token_dim), rotated unit vectors."""
        given = [self._recipe.passage_prefix + text.strip() for text in texts]
        read = self._read(self._passage_graph, given, self._passage_mark)
        vectors = np.stack([vector for vector, _ in read]) if read else np.empty((0, self.dim), np.float32)
        return vectors, [tokens.astype(np.float32) for _, tokens in read]

    def token_ids(self, text: str) -> list[int]:
        """Return what the model reads for a text, prefix not added, special tokens and cut included."""
        return list(self._tokenizer.encode(sound(text)).ids)

    def _read(self, graph: "_Graph", texts: Sequence[str], mark: int) -> list[tuple[Floats, Halves]]:
        """Return the vector (dim,) of each text and its tokens from the mark on (n, token_dim); none of some graphs."""
        # One by one: encode_batch would wake a pool of threads over all cores for microseconds of work.
        ids = [self.token_ids(text) or [self._recipe.pad] for text in texts]
        rows: dict[int, tuple[Floats, Halves]] = {}
        tokens_a_call = self._batch_tokens if graph is self._passage_graph else _ALONE
        for batch in batches([len(row) for row in ids], tokens=tokens_a_call):
            given = padded([ids[row] for row in batch], pad=self._recipe.pad)
            vectors, states = graph.run(*given, self._recipe.pooling)
            tokens = rotated(states) if graph.token_dim else states
            for at, row in enumerate(batch.tolist()):
                own = tokens[at, mark : max(mark + 1, len(ids[row]) - self._closing)]
                rows[row] = vectors[at], own.astype(np.float16)
        return [rows[row] for row in range(len(ids))]

    def _mark(self, prefix: str) -> int:
        """Return where the last token before the text stands: it stands for the whole, and counts as one of its own."""
        alone, before_a_text = self.token_ids(prefix), self.token_ids(f"{prefix}a")
        pairs = enumerate(zip(alone, before_a_text, strict=False))
        return max(0, next((at for at, (one, other) in pairs if one != other), len(alone)) - 1)

    def _fitting(self, query_model: Path, model: Path, threads: int) -> "_Graph":
        """Open the graph of queries. Raises ConfigError unless it knows every token and its vectors are as long."""
        graph = _Graph(query_model, threads)
        cure = f"Export both graphs anew, together, or remove {query_model}: {model.name} answers queries then."
        last = np.array([[self._tokenizer.get_vocab_size() - 1]], np.int64)
        try:
            dim = graph.run(last, np.ones_like(last), self._recipe.pooling)[0].shape[1]
        except RuntimeError as fault:
            token = f"token {last.item()} of the tokenizer"
            raise ConfigError(f"{query_model} cannot read {token}: {fault}. {cure}") from fault
        if dim != self.dim:
            raise ConfigError(f"{query_model} gives vectors of {dim} numbers, {model} of {self.dim}. {cure}")
        return graph


class _Graph:
    """An open graph: tokens (B, L) and their mask to unit vectors (B, dim). Any number of threads may run it.

    With an output `token_states` it tells of the tokens, too: (B, L, token_dim).
    """

    def __init__(self, model: Path, threads: int) -> None:
        self._session = open_session(model, threads)
        self._inputs = _inputs(self._session, model)
        given = {output.name: output.shape for output in self._session.get_outputs()}
        self.token_dim = int(given[TOKENS][2]) if TOKENS in given else 0
        first = next(name for name in given if name != TOKENS)
        self._outputs = [first, *([TOKENS] if self.token_dim else [])]

    def run(self, ids: Longs, mask: Longs, pooling: Pooling) -> tuple[Floats, Floats]:
        """Return vectors (B, dim) and states (B, L, token_dim)."""
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        try:
            found = self._session.run(self._outputs, {name: feeds[name] for name in self._inputs})
        except RUNTIME_FAULTS as fault:
            raise RuntimeError(f"ONNX Runtime failed on {len(ids)} texts of {ids.shape[1]} tokens: {fault}") from fault
        vectors = found[0] if found[0].ndim == 2 else pooled(found[0], mask, pooling)
        return vectors, found[1] if self.token_dim else np.empty((*ids.shape, 0), np.float32)


def pooled(states: Floats, mask: Longs, pooling: Pooling) -> Floats:
    """Return unit vectors (B, dim) from the states of tokens (B, L, dim) and their mask (B, L).

    >>> pooled(np.array([[[3.0, 4.0], [9.0, 9.0]]], np.float32), np.array([[1, 0]]), Pooling.MEAN).round(1)
    array([[0.6, 0.8]], dtype=float32)
    """
    vectors = states[:, 0] if pooling is Pooling.CLS else np.einsum("bld,bl->bd", states, mask.astype(np.float32))
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def _prepared(tokenizer: Tokenizer, recipe: Recipe) -> Tokenizer:
    tokenizer.no_padding()
    tokenizer.enable_truncation(recipe.max_length)
    return tokenizer


def open_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a graph on the CPU; waiting threads leave their core to others."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # shapes differ from call to call
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the core free
    try:
        return onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )
    except RUNTIME_FAULTS as fault:
        raise ConfigError(f"ONNX Runtime cannot open {model}: {fault}. Export the model anew, or remove it.") from fault


_SLOWER = ["SkipLayerNormFusion", "EmbedLayerNormFusion"]  # their joint kernels lose to the parts on a CPU
_KINDS = vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
RUNTIME_FAULTS = tuple(kind for kind in _KINDS if isinstance(kind, type) and issubclass(kind, Exception))
_KNOWN_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


def _inputs(session: onnxruntime.InferenceSession, model: Path) -> list[str]:
    names = [given.name for given in session.get_inputs()]
    if "input_ids" not in names or not set(names) <= _KNOWN_INPUTS:
        raise ConfigError(f"{model} takes {names}; an encoder takes input_ids and may take {sorted(_KNOWN_INPUTS)}.")
    return names


def sound(text: str) -> str:
    """Replace lone surrogates, which no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode() if not text.isprintable() else text
