"""The machine: Python, packages, memory, open files, and the disk under the home."""

import os
import platform
import re
import resource
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from zhanggui import __version__
from zhanggui.app.doctor.patient import GIGABYTE, MEGABYTE, Patient, failed, least, passed, warned
from zhanggui.data.check import Finding

OLDEST_PYTHON = (3, 11)
SHOWN = ("sqlalchemy", "tantivy", "faiss-cpu", "onnxruntime", "polars", "fastapi", "uvicorn", "psycopg")
FEWEST_FILES = 1024
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "fuse.gcsfuse", "fuse.s3fs", "ceph", "glusterfs", "lustre", "afs")


def python(_: Patient) -> Iterator[Finding]:
    said = f"Python {platform.python_version()} ({platform.system()} {platform.machine()}), zhanggui {__version__}"
    good = sys.version_info >= OLDEST_PYTHON
    yield passed("python", said) if good else failed("python", said, "Install Python 3.11 or newer")


def packages(_: Patient) -> Iterator[Finding]:
    """Tell versions; a package that the core needs and that is not there fails."""
    needed = [line for line in requires("zhanggui") or () if "extra ==" not in line]
    names = [found[0] for line in needed if (found := re.match(r"[A-Za-z0-9._-]+", line))]
    lacking = [name for name in names if not _version(name)]
    said = ", ".join(f"{name} {_version(name)}" for name in SHOWN if _version(name))
    if lacking:
        yield failed("packages", f"Not installed: {', '.join(lacking)}; {said}", "pip install --upgrade zhanggui")
    else:
        yield passed("packages", said, len(names))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def memory(_: Patient) -> Iterator[Finding]:
    free = _free_memory()
    if free is not None:
        cure = "End other programs, or give the machine more memory: see the sizing guide"
        fact = f"{free / GIGABYTE:.1f} GB of memory are free"
        yield least("memory", fact, free, good=1.5 * GIGABYTE, bearable=0.5 * GIGABYTE, cure=cure)


def _free_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:
        return None
    found = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else None


def open_files(_: Patient) -> Iterator[Finding]:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = float("inf") if soft == resource.RLIM_INFINITY else soft
    cure = "Raise it: ulimit -n 65536 (systemd: LimitNOFILE=65536)"
    yield least("open files", f"{count:,.0f} files may be open", count, good=FEWEST_FILES, bearable=256, cure=cure)


def home(patient: Patient) -> Iterator[Finding]:
    """Look at the home's folder (or the nearest one above that exists), its disk and its file system."""
    folder, exists = patient.settings.home.resolve(), patient.settings.home.is_dir()
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        yield failed("home", f"{folder} is a file, must be a folder", "Name another one with --home")
        return
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield failed("home", f"{folder} cannot be written", "Give this account the right to it, or name another --home")
    elif not exists:
        cure = "zhanggui import products FILE, or name the home with --home"
        yield warned("home", f"{patient.settings.home} is not there yet", cure)
    else:
        yield passed("home", f"{folder} can be written")
    yield _disk(folder)
    yield _file_system(folder)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    fact = f"{free / GIGABYTE:.1f} GB are free at {folder}"
    cure = "Free some space, or move the home to a larger disk"
    return least("disk", fact, free, good=2 * GIGABYTE, bearable=200 * MEGABYTE, cure=cure)


def _file_system(folder: Path) -> Finding:
    kind = file_system(folder)
    if kind.startswith(_NETWORK):
        cure = "Keep the home on a local disk, or the Store on PostgreSQL (ZHANGGUI_STORE)"
        return warned("file system", f"{folder} is on {kind}: SQLite is not safe on network file systems", cure)
    return passed("file system", f"{folder} is on {kind or 'a file system of unknown kind'}")


def file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the kind of file system under a folder; empty where the machine does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    above = {str(place) for place in (folder, *folder.parents)}
    fitting = [(len(line[1]), at, line[2]) for at, line in enumerate(lines) if len(line) > 2 and line[1] in above]
    return max(fitting, default=(0, 0, ""))[2]
