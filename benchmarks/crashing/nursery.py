"""A process that has the program loaded and forks it: `python -m benchmarks.crashing.nursery`.

Loading takes a second or two, in which there is nothing to destroy; forking takes milliseconds. What runs in the child
is the command line as `python -m zhanggui` runs it. One JSON object a line on standard input starts a program
(`argv`, `env`, `log`); on standard output come `{"pid": n}` and, when it has ended, `{"ended": n, "code": c}`.
When standard input ends, all children are killed.
"""

import gc
import os
import select
import signal
import sys
from types import FrameType

import orjson
import uvicorn.protocols.http.h11_impl  # noqa: F401 - loaded late by the server otherwise

from zhanggui.app.cli.main import main as program


def main() -> None:
    """Serve until standard input ends."""
    gc.freeze()
    children: set[int] = set()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, _noted)
    waiting = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _reap(children)
        if 0 in ready:
            read = os.read(0, 1 << 16)
            if not read:
                break
            *orders, waiting = (waiting + read).split(b"\n")
            for order in orders:
                pid = _born(orjson.loads(order))
                children.add(pid)
                _tell({"pid": pid})
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the byte in the pipe tells."""


def _reap(children: set[int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.discard(pid)
        _tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(fact: dict[str, int]) -> None:
    os.write(1, orjson.dumps(fact) + b"\n")


def _born(order: dict[str, object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in enumerate((nothing, log, log)):
        os.dup2(target, number)
    os.environ.update(order["env"])  # type: ignore[call-overload]
    sys.argv = ["zhanggui", *order["argv"]]  # type: ignore[misc]
    code = 1
    try:
        program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
