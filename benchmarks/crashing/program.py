"""The real program in a process of its own, to be killed."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import orjson

LONGEST = 120.0
"""Seconds after which a program that should have ended is given up."""


class Program(Protocol):
    """A running command of ours."""

    def alive(self) -> bool: ...

    def signal(self, number: int) -> None: ...

    def wait(self, seconds: float = LONGEST) -> int:
        """Return the exit code, negative for a signal. Raises TimeoutError."""
        ...


class Forked:
    """A child of the nursery."""

    def __init__(self, pid: int, sent: list[int], ended: threading.Event) -> None:
        self.pid, self._code, self._ended = pid, sent, ended

    def alive(self) -> bool:
        return not self._ended.is_set()

    def signal(self, number: int) -> None:
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, seconds: float = LONGEST) -> int:
        if not self._ended.wait(seconds):
            raise TimeoutError(f"process {self.pid} has not ended within {seconds} s")
        return self._code[0]


class Cold:
    """`python -m zhanggui` from nothing."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "zhanggui", *argv], env={**os.environ, **env}, stdout=file, stderr=file
            )
        self.pid = self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = LONGEST) -> int:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"process {self.pid} has not ended within {seconds} s") from None


class Nursery:
    """Starts programs; see nursery.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crashing.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._born: queue.SimpleQueue[Forked] = queue.SimpleQueue()
        self._living: dict[int, tuple[list[int], threading.Event]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Forked:
        """Run `zhanggui ARGV`."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({"argv": list(argv), "env": dict(env), "log": str(log)}) + b"\n")
        self._process.stdin.flush()
        return self._born.get(timeout=LONGEST)

    def close(self) -> None:
        """End all."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LONGEST)
        self._reader.join(LONGEST)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            fact = orjson.loads(line)
            if "pid" in fact:
                code, ended = self._living[fact["pid"]] = ([], threading.Event())
                self._born.put(Forked(fact["pid"], code, ended))
            else:
                code, ended = self._living.pop(fact["ended"])
                code.append(fact["code"])
                ended.set()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Give a nursery that ends with the block."""
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


def kill(program: Program) -> bool:
    """Kill with SIGKILL; return whether it hit (False: the program had ended before)."""
    program.signal(signal.SIGKILL)
    return program.wait() == -signal.SIGKILL


def until(moment: float) -> None:
    """Wait for a moment of `time.monotonic`."""
    time.sleep(max(0.0, moment - time.monotonic()))
