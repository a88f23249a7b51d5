"""The vectors of a catalogue as its index holds them: one state that readers take, and what the rows say."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.retrieval.vectors import graph_file
from zhanggui.retrieval.vectors.building import Policy, due, made_anew, moved, worn
from zhanggui.retrieval.vectors.exact import ExactRows
from zhanggui.retrieval.vectors.graph import Interrupted
from zhanggui.retrieval.vectors.graph_rows import GraphRows
from zhanggui.retrieval.vectors.rows import VectorRows, resized
from zhanggui.retrieval.vectors.texts import Texts

LOG = logging.getLogger(__name__)

_FAULTS = (*graph_file.FAULTS, MemoryError)
_FEW = 4096  # rows that are carried over while writers wait: some milliseconds
_NICENESS = 10
_LOOK = 0.1
_REST = 60.0


class KeptRows:
    """Vectors of rows, in step with what the rows say. `now` never waits; writers wait milliseconds.

    Few vectors are scanned. When there are many (`Policy`), a thread of low priority makes a graph of them, keeps it
    in `folder` and puts it in place; what comes later is scanned beside it, until a larger graph holds that, too. When
    the catalogue is opened again the kept graph is read in the background, and rows find their vectors by what they
    say (`texts`, (n,)), whatever happened to them meanwhile. Until then there is no meaning, and nothing lacks one.
    """

    def __init__(
        self, folder: Path, *, dim: int, encoder: str = "", texts: Longs | None = None, policy: Policy | None = None
    ) -> None:
        self._folder, self._encoder, self._policy = folder, encoder, policy or Policy()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._texts = Texts()
        self._rows: VectorRows = ExactRows.empty(dim)
        self._worker: threading.Thread | None = None
        self._left = 0
        self._last = self._rest = float("-inf")
        if texts is not None:
            self._texts.say(np.arange(len(texts)), texts)
        self._loading = dim > 0 and graph_file.present(folder)
        if self._loading:
            self._start(self._load)

    def now(self) -> VectorRows:
        """Return the present state."""
        return self._rows

    def say(self, rows: Longs, texts: Longs) -> None:
        """Note what rows say (`texts.said`); one that says something else has another vector, or none for now."""
        with self._lock:
            changed = self._texts.say(rows, texts)
            self._rows = self._adopted(self._rows.drop(changed), changed)
            self._left += len(changed)
            self._tend()

    def put(self, rows: Longs, vectors: Floats, texts: Longs | None = None) -> None:
        """Give rows vectors: (len(rows), dim); with `texts`, only those that still say this."""
        with self._lock:
            kept = self._texts.of(rows) == texts if texts is not None else np.ones(len(rows), np.bool_)
            if kept.any():
                self._rows = self._rows.put(rows[kept], vectors[kept])
                self._last = time.monotonic()
                self._tend()

    def lacking(self, *, limit: int) -> list[int]:
        """Return the first rows that say something and have no vector."""
        if self._loading:
            return []
        rows, slot = self._speaking()
        missing: list[int] = rows[slot[rows] < 0][:limit].tolist()
        return missing

    def count(self) -> tuple[int, int]:
        """Return how many rows have a vector, of how many that say something."""
        rows, slot = self._speaking()
        return int(np.count_nonzero(slot[rows] >= 0)), len(rows)

    def settled(self, *, timeout: float) -> bool:
        """Wait until nothing is being made or read; return whether that came true within so many seconds."""
        if (worker := self._worker) is not None:
            worker.join(timeout)
        return self._worker is None

    def close(self) -> None:
        """Leave what is being made, and end its thread."""
        self._stop.set()
        if (worker := self._worker) is not None:
            worker.join()

    def _speaking(self) -> tuple[Longs, Ints]:
        with self._lock:
            rows = self._texts.speaking()
        return rows, resized(self._rows.slot, int(rows.max(initial=-1)) + 1)

    def _adopted(self, rows: VectorRows, changed: Longs) -> VectorRows:
        return rows.adopt(changed, self._texts.of(changed)) if isinstance(rows, GraphRows) else rows

    def _tend(self) -> None:
        """Begin a graph if it is time. The lock is held."""
        if self._worker is None and not self._stop.is_set() and time.monotonic() >= self._rest and self._due():
            self._start(self._make)

    def _due(self) -> bool:
        rows, policy = self._rows, self._policy
        if due(rows, policy):
            return True
        if not isinstance(rows, GraphRows) or self._left < max(policy.late, len(rows.graph) * policy.dead_share / 4):
            return False
        self._left = 0
        return worn(rows, policy)

    def _start(self, work: Callable[[], None]) -> None:
        self._worker = threading.Thread(target=self._run, args=(work,), name="vectors", daemon=True)
        self._worker.start()

    def _run(self, work: Callable[[], None]) -> None:
        with suppress(OSError, AttributeError):  # a courtesy; some systems have no priority of a single thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        try:
            work()
        except Interrupted:
            pass
        except _FAULTS:
            LOG.exception("The graph of vectors could not be made; they are scanned. Another attempt follows.")
            self._rest = time.monotonic() + _REST
        finally:
            with self._lock:
                self._loading, self._worker = False, None
                self._tend()

    def _load(self) -> None:
        seen, texts = self._moment()
        if (graph := graph_file.load(self._folder, dim=seen.dim, encoder=self._encoder)) is not None:
            self._swap(GraphRows.over(graph, graph.saying(texts)), seen, texts)

    def _make(self) -> None:
        self._await_calm()
        seen, texts = self._moment()
        made = made_anew(
            seen, texts, self._folder, encoder=self._encoder, policy=self._policy, stopped=self._stop.is_set
        )
        self._swap(made, seen, texts)

    def _moment(self) -> tuple[VectorRows, Longs]:
        with self._lock:
            return self._rows, resized_texts(self._texts.now(), len(self._rows.slot))

    def _await_calm(self) -> None:
        end = time.monotonic() + self._policy.patience
        while time.monotonic() < min(end, self._last + self._policy.calm):
            if self._stop.wait(_LOOK):
                raise Interrupted

    def _swap(self, made: GraphRows, seen: VectorRows, texts: Longs) -> None:
        """Put in place what was made of `seen`, with all that came meanwhile; most of it without the lock."""
        while len(changed := (current := self._rows).since(seen)) > _FEW:
            made, seen = moved(made, current, changed), current
            if self._stop.is_set():
                raise Interrupted
        with self._lock:
            made = moved(made, self._rows, self._rows.since(seen))
            self._rows = self._told(made, self._rows, texts)

    def _told(self, made: GraphRows, current: VectorRows, texts: Longs) -> VectorRows:
        """Return what was made without the vectors of rows that say something else by now."""
        said = self._texts.now()
        strange = np.flatnonzero(said != resized_texts(texts, len(said))[: len(said)])
        strange = strange[resized(current.slot, len(said))[strange] < 0]
        return self._adopted(made.drop(strange), strange)


def resized_texts(texts: Longs, n: int) -> Longs:
    """Return a copy of what rows say, with silence up to n rows."""
    grown = np.zeros(max(len(texts), n), np.int64)
    grown[: len(texts)] = texts
    return grown
