"""Encode texts in the background, the most wanted first, each distinct text once."""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from zhanggui.core.errors import ZhangguiError
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.vectors import Vectors
from zhanggui.encoders.wishes import Wish, Wishes

OnVectors = Callable[[list[str], Floats], None]

_BATCH_CHARACTERS = 4_000  # about a second's work: what `stop` may have to wait for
_LOOK_UP = 4_096
_NICENESS = 10
_FAULTS = (ZhangguiError, ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the queue is: `done` of `total` wishes were granted; failures are counted and tried again."""

    done: int
    total: int
    running: bool
    failures: int = 0
    last_error: str = ""


class BackgroundEncoder:
    """A queue and one thread. `on_vectors` gets texts and their vectors (n, dim), a batch at a time, on that thread.

    Each text comes once for each time that it was asked for while it did not wait already. Texts whose vectors are
    cached come first, in large batches. `capacity` bounds the texts that wait (each takes its own length and about
    300 bytes). The thread runs at a lower priority of the system, so that queries go before it where cores are few.
    After a failure it waits (`patience`, seconds, the last one over and over), then tries each text by itself.
    """

    def __init__(
        self,
        encoder: Encoder,
        vectors: Vectors,
        on_vectors: OnVectors,
        *,
        batch: int = 64,
        capacity: int = 1_000_000,
        patience: Sequence[float] = (0.2, 1.0, 5.0, 30.0),
    ) -> None:
        self._encoder, self._vectors, self._on_vectors = encoder, vectors, on_vectors
        self._batch, self._patience = batch, patience
        self._changed = threading.Condition()
        self._wishes = Wishes(capacity=capacity)
        self._done = self._failures = self._in_a_row = 0
        self._last_error = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="encode-passages", daemon=True)

    def start(self) -> None:
        """Begin to work (once)."""
        self._thread.start()

    def ask(self, texts: Sequence[str], *, priority: float = 0.0) -> int:
        """Queue texts; return how many, from the first, were taken: fewer when the queue is full (ask again later).

        Higher priority first, then the latest call, then the order of the texts. A text that waits already moves
        forward if it is wanted more now.
        """
        with self._changed:
            taken = self._wishes.add(texts, priority=priority)
            self._changed.notify_all()
        return taken

    def progress(self) -> Progress:
        """Return the state of the work."""
        with self._changed:
            total = self._done + len(self._wishes)
            return Progress(self._done, total, self._thread.is_alive(), self._failures, self._last_error)

    def wait(self, *, timeout: float) -> bool:
        """Wait until no wish is open; return whether that came true within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wishes, timeout)

    def stop(self) -> None:
        """Finish the batch at hand, hand it over, and end. What still waits is forgotten; vectors made are kept."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        with suppress(OSError, AttributeError):  # a courtesy; some systems have no priority of a single thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while (job := self._next()) is not None:
            step, wishes = job
            try:
                step(wishes)
            except _FAULTS as fault:
                self._failed(wishes, fault)

    def _next(self) -> tuple[Callable[[list[Wish]], None], list[Wish]] | None:
        with self._changed:
            while not self._stopping:
                if wishes := self._wishes.asked(limit=_LOOK_UP):
                    return self._look_up, wishes
                if wishes := self._wishes.missing(limit=self._batch, characters=_BATCH_CHARACTERS):
                    return self._encode, wishes
                self._changed.wait()
        return None

    def _look_up(self, wishes: list[Wish]) -> None:
        found, vectors = self._vectors.get([content_hash(wish.text) for wish in wishes])
        known = [wish.text for wish, hit in zip(wishes, found, strict=True) if hit]
        self._hand_over(known, vectors[found])
        with self._changed:
            self._wishes.lacks([wish for wish, hit in zip(wishes, found, strict=True) if not hit])

    def _encode(self, wishes: list[Wish]) -> None:
        texts = [wish.text for wish in wishes]
        # Rounded as the cache rounds them: what is near is ordered alike today and after a restart.
        vectors = np.asarray(self._encoder.passages(texts), np.float16).astype(np.float32)
        self._vectors.put([content_hash(text) for text in texts], vectors)
        self._hand_over(texts, vectors)

    def _hand_over(self, texts: list[str], vectors: Floats) -> None:
        if not texts:
            return
        self._on_vectors(texts, vectors)
        with self._changed:
            self._in_a_row = 0
            self._done += self._wishes.granted(texts)
            self._changed.notify_all()

    def _failed(self, wishes: list[Wish], fault: Exception) -> None:
        with self._changed:
            self._failures += 1
            self._last_error = f"{type(fault).__name__}: {fault}"
            self._wishes.again(wishes)
            delay = self._patience[min(self._in_a_row, len(self._patience) - 1)]
            self._in_a_row += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping, delay)
