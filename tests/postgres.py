"""A real PostgreSQL of the tests' own: a private cluster in a temporary folder, on a free port of 127.0.0.1.

PostgreSQL refuses to run as root, so root lends it the account `postgres` or `nobody`. Its collation is a language's
(ICU), not that of bytes: a Store that forgot to ask for its own order would fail.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

USER, PASSWORD = "keeper", "s3cret-of-tests"
PATIENCE = 60
_TIDY = ("-c", "dynamic_shared_memory_type=mmap")
"""What processes share lies in the folder, else one that is killed leaves it in /dev/shm."""

_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest first; None where it is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    return next((f for f in (*versions, *on_path) if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Cluster:
    """A running server; `database()` makes an empty database and returns its URL, password included."""

    def __init__(self, folder: Path, programs: Path, *, durable: bool) -> None:
        self.port = _free_port()
        self._folder, self._programs = folder, programs
        self._options = _TIDY if durable else (*_TIDY, *_FAST)
        self._account = _account()
        self._process: subprocess.Popen[bytes] | None = None
        if self._account:
            shutil.chown(folder, self._account)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        words = ("--username", USER, "--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync")
        self._call("initdb", "-D", folder / "data", *words, "--locale-provider", "icu", "--icu-locale", "en")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        listen = ("-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._folder))
        with (self._folder / "log").open("ab") as log:
            command = [self._programs / "postgres", "-D", self._folder / "data", *listen, *self._options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._how())
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks off connections in good order, SIGQUIT is a crash."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def crash(self) -> None:
        """Kill the server and all its processes at once: none of them writes another byte."""
        if self._process:
            pid = self._process.pid
            self._process.send_signal(signal.SIGSTOP)  # else it would start others meanwhile
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for number in (pid, *map(int, children)):
                os.kill(number, signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"shop_{uuid.uuid4().hex[:12]}"
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return self.url(name)

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _call(self, program: str, *words: object) -> None:
        subprocess.run([self._programs / program, *map(str, words)], check=True, capture_output=True, **self._how())

    def _how(self) -> dict:
        """Return under which account to run; without root's groups, in a folder that it may enter."""
        if not self._account:
            return {"cwd": self._folder}
        group = pwd.getpwnam(self._account).pw_gid
        return {"cwd": self._folder, "user": self._account, "group": group, "extra_groups": []}


@contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a cluster and stop it again. `durable` keeps fsync on, as a shop would."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed. Cure: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="zhanggui-postgres-", dir=_reachable()))
    try:
        cluster = Cluster(folder, programs, durable=durable)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop(signal.SIGQUIT)  # at once: nothing of it is kept
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str:
    """Return the account to run as when we are root, else nothing."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _reachable() -> str | None:
    """Return a folder for temporary files that every account can enter (root's own may be closed)."""
    for place in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents)):
            return str(place)
    return None


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
