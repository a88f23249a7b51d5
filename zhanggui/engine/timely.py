"""Calls that nobody may wait for too long: a failing or hanging part costs its time limit once, not the page."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from zhanggui.core.errors import ZhangguiError
from zhanggui.engine.complaints import Complaints

T = TypeVar("T")
_COMPLAINTS = Complaints()


@dataclass(frozen=True, slots=True)
class Outcomes(Generic[T]):
    """What became of several calls: results by name, why others failed, milliseconds that each took."""

    results: dict[str, T]
    failed: dict[str, str]
    millis: dict[str, float]


@dataclass(slots=True)
class _Call:
    name: str
    run: Callable[[], object]
    done: Callable[[], None]
    result: object = None
    error: Exception | None = None
    millis: float = 0.0
    finished: bool = False
    late: bool = False


def attempt(call: Callable[[], T], part: str) -> tuple[T | None, Exception | None]:
    """Return the result of a part of the pipeline or what it raised: the one seam where foreign errors are caught.

    Sources, filters and rankers may be plug-ins. Whatever one raises costs its share of the page, never the page.
    What is foreign is logged under the name of the part, with its traceback at most once a minute.

    >>> attempt(lambda: 1 // 0, "division")[1]
    ZeroDivisionError('integer division or modulo by zero')
    """
    try:
        return call(), None
    except ZhangguiError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - see above: this is the seam, and the error is told and counted
        _COMPLAINTS.tell(part, error)
        return None, error


class Begun(Generic[T]):
    """Calls that are running; `settle` tells what became of them."""

    def __init__(
        self, count: int, ready: threading.Semaphore, deadline: float, settle: Callable[[], Outcomes[T]]
    ) -> None:
        self._count, self._ready, self._deadline, self._settle = count, ready, deadline, settle

    def outcomes(self) -> Outcomes[T]:
        """Wait until all are back or time is up, and tell what became of them. To be asked once."""
        for _ in range(self._count):
            if not self._ready.acquire(timeout=max(0.0, self._deadline - time.monotonic())):
                break
        return self._settle()


class Timely:
    """Run named calls at the same time in daemon threads and give back what is there when time is up.

    There are as many threads as calls are under way at once, at most `workers`: a call may run others and wait for
    them, so that a fixed few would all wait for each other. Those that were not needed for `idle` seconds end: hundreds
    of threads would keep the memory of one crowded moment for good.

    A call that is late runs on; while `patience` late calls of one name are still running, that name is skipped at
    once (a breaker), so that a part that hangs cannot use up the threads. Failures are counted by name.
    """

    def __init__(self, *, workers: int = 512, patience: int = 2, idle: float = 20.0) -> None:
        self._workers, self._patience, self._idle = workers, patience, idle
        self._jobs: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._under_way = self._peak = self._peak_before = 0
        self._peak_since = time.monotonic()
        self._late: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._ailing: dict[str, str] = {}

    def run(self, calls: Mapping[str, Callable[[], T]], *, seconds: float) -> Outcomes[T]:
        """Run all calls; what has failed or is not back after so many seconds stands in `failed` with the reason."""
        return self.begin(calls, seconds=seconds).outcomes()

    def begin(self, calls: Mapping[str, Callable[[], T]], *, seconds: float) -> Begun[T]:
        """Let calls run, of which one asks later what became of them: the seconds count from now."""
        ready = threading.Semaphore(0)
        # Each call carries the caller's context: what it logs is logged on behalf of the same request.
        pending = {
            name: _Call(name, partial(copy_context().run, call), ready.release)
            for name, call in calls.items()
            if not self._tripped(name)
        }
        self._grow(len(pending))
        for call in pending.values():
            self._jobs.put(call)
        deadline = time.monotonic() + seconds
        return Begun(len(pending), ready, deadline, lambda: self._outcomes(list(calls), pending, seconds))

    def guard(self, name: str, call: Callable[[], T]) -> tuple[T | None, bool]:
        """Run one call here and now; return its result and whether it failed. Counted like the others."""
        result, error = attempt(call, name)
        with self._lock:
            if error is None:
                self._ailing.pop(name, None)
            else:
                self._failures[name] += 1
                self._ailing[name] = f"{type(error).__name__}: {error}"
        return result, error is not None

    def failures(self) -> dict[str, int]:
        """Return how often each name failed, was late or was skipped since the start."""
        with self._lock:
            return dict(self._failures)

    def ailing(self) -> tuple[str, ...]:
        """Return the names whose last call failed, sorted."""
        with self._lock:
            return tuple(sorted(self._ailing))

    def begin_anew(self) -> None:
        """Forget which last calls failed: other parts are called from now on. Counts stay."""
        with self._lock:
            self._ailing.clear()

    def close(self) -> None:
        """Let the threads end once they are free."""
        with self._lock:
            for _ in self._threads:
                self._jobs.put(None)

    def _outcomes(self, names: list[str], calls: dict[str, _Call], seconds: float) -> Outcomes[T]:
        results: dict[str, T] = {}
        failed: dict[str, str] = {}
        with self._lock:
            for name in names:
                call = calls.get(name)
                reason = self._trouble(call, seconds)
                if call is None or reason:
                    failed[name] = self._ailing[name] = reason
                    self._failures[name] += 1
                else:
                    results[name] = call.result  # type: ignore[assignment]  # what run() was given returns T
                    self._ailing.pop(name, None)
        return Outcomes(results, failed, {name: call.millis for name, call in calls.items() if call.finished})

    def _trouble(self, call: _Call | None, seconds: float) -> str:
        if call is None:
            return "skipped: earlier calls are still running"
        if not call.finished:
            call.late = True
            self._late[call.name] += 1
            return f"late: not back within {seconds:g} s"
        return "" if call.error is None else f"{type(call.error).__name__}: {call.error}"

    def _tripped(self, name: str) -> bool:
        with self._lock:
            return self._late[name] >= self._patience

    def _grow(self, more: int) -> None:
        with self._lock:
            self._under_way += more
            self._peak = max(self._peak, self._under_way)
            while len(self._threads) < min(self._workers, self._under_way):
                thread = threading.Thread(target=self._work, name="timely", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while not self._is_spare():
            try:
                call = self._jobs.get(timeout=self._idle)
            except queue.Empty:
                continue
            if call is None:
                return
            started = time.perf_counter()
            call.result, call.error = attempt(call.run, call.name)
            self._settle(call, (time.perf_counter() - started) * 1000)

    def _is_spare(self) -> bool:
        """Take this thread off the list if there were always more than enough, in the present span and the one before.

        (Idle threads are woken in turn: under load each of far too many is busy now and then.)
        """
        with self._lock:
            now = time.monotonic()
            if now - self._peak_since >= self._idle:
                self._peak_before, self._peak, self._peak_since = self._peak, self._under_way, now
            spare = len(self._threads) > max(self._peak_before, self._peak)
            if spare:
                self._threads.remove(threading.current_thread())
            return spare

    def _settle(self, call: _Call, millis: float) -> None:
        with self._lock:
            call.millis, call.finished = millis, True
            self._under_way -= 1
            if call.late:
                self._late[call.name] -= 1
        call.done()
