"""A small disk to fill, and a server on it."""

import os
import random
import resource
import subprocess
from contextlib import closing

import pytest

from benchmarks.crashing.client import Client
from benchmarks.crashing.program import kill, nursery
from benchmarks.crashing.yard import KEY, Yard

PAGE = 4096


class SmallDisk:
    """A file system in memory with few megabytes. Where none may be mounted, the server may grow no file instead."""

    def __init__(self, folder, *, megabytes=24):
        self.folder, self._ballast = folder, folder / "ballast"
        folder.mkdir(exist_ok=True)
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mounting, capture_output=True).returncode == 0

    def fill(self, pid):
        if not self.mounted:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        file = os.open(self._ballast, os.O_CREAT | os.O_WRONLY)
        with pytest.raises(OSError):
            while True:
                os.write(file, b"x" * PAGE)
        os.close(file)

    def free(self, pid):
        if self.mounted:
            self._ballast.unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def lock(self):
        """Make all of it read-only, where that is possible."""
        return self.mounted and self._remount("ro")

    def unlock(self):
        return self._remount("rw")

    def gone(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def _remount(self, how):
        return subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def young():
    with nursery() as made:
        yield made


@pytest.fixture
def disk(tmp_path):
    made = SmallDisk(tmp_path / "disk")
    yield made
    made.gone()


@pytest.fixture
def yard(young, tmp_path):
    """A server on a home of its own."""
    yield from _served(Yard(young, tmp_path / "yard", random.Random(5), items=60))


@pytest.fixture
def small(young, disk):
    """A server whose home is on the small disk; what it says is written elsewhere."""
    made = Yard(young, disk.folder / "yard", random.Random(5), items=60)
    made.log = disk.folder.with_name("log")
    yield from _served(made)


def _served(made):
    made.serve()
    made.ready()
    yield made
    kill(made.program)


@pytest.fixture
def client():
    """Return a function that gives a client of a server."""
    made = []

    def of(yard):
        made.append(closing(Client(yard.port, KEY)))
        return made[-1].thing

    yield of
    for one in made:
        one.__exit__(None, None, None)
