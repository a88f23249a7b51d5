"""One task in a thread, again and again, until it is told to stop."""

import threading
from collections.abc import Callable, Sequence

from zhanggui.core.errors import ZhangguiError
from zhanggui.engine.complaints import Complaints
from zhanggui.engine.timely import attempt


class Repeating:
    """Run `task` every so many seconds, at once when woken. After a failure it waits longer each time.

    `patience` are the pauses (seconds) after the first, second, … failure in a row, the last one over and over.
    Failures are counted in `errors`; the latest is `last_error`, empty once the task has succeeded again.
    """

    def __init__(
        self, name: str, task: Callable[[], object], *, every: float, patience: Sequence[float] = (0.2, 1.0, 5.0)
    ) -> None:
        self.name = name
        self.errors = 0
        self.last_error = ""
        self._task, self._every, self._patience = task, every, patience
        self._complaints = Complaints()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin (once)."""
        self._thread.start()

    def wake(self) -> None:
        """Run the task now rather than later."""
        self._wake.set()

    def stop(self) -> None:
        """End after the run at hand; returns when the thread has ended."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        failed_in_a_row = 0
        while not self._stopping.is_set():
            _, error = attempt(self._task, self.name)
            failed_in_a_row = 0 if error is None else failed_in_a_row + 1
            self.errors += error is not None
            if isinstance(error, ZhangguiError):  # others were told by the attempt
                self._complaints.tell(self.name, error)
            self.last_error = "" if error is None else f"{type(error).__name__}: {error}"
            self._pause(failed_in_a_row)

    def _pause(self, failed_in_a_row: int) -> None:
        if failed_in_a_row:
            # Waking does not shorten the pause after a failure: whoever is in trouble is left alone for a while.
            self._stopping.wait(self._patience[min(failed_in_a_row, len(self._patience)) - 1])
        else:
            self._wake.wait(self._every)
        self._wake.clear()
