"""Who has the home open, whether the port is free, the settings in force, and the lines that wait to be mended."""

import http.client
import os
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import orjson

from zhanggui.app.cli.serve import is_free
from zhanggui.app.doctor.patient import Patient, Server, failed, passed, warned
from zhanggui.app.home_lock import FILE, Holder
from zhanggui.app.settings import SETTINGS, load
from zhanggui.core.errors import ConfigError
from zhanggui.data.check import Finding

SECONDS = 5


def server_of(patient: Patient) -> Server:
    """Find who has the home open by what it wrote down. The lock itself is not touched: a start could fail of it."""
    try:
        holder = Holder(**orjson.loads((patient.settings.home / FILE).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return Server()
    if not holder.pid or not _lives(holder.pid):
        return Server()
    return Server(holder, _health(holder.url) if holder.url else None)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _health(url: str) -> dict[str, object] | None:
    place = urlsplit(url)
    try:
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)) as connection:
            connection.request("GET", "/v1/health")
            content = orjson.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return content if isinstance(content, dict) else None


def server(patient: Patient, found: Server) -> Iterator[Finding]:
    if found.holder is None:
        yield passed("server", "No process has the home open")
    elif not found.holder.url:
        yield passed("server", f"Open in {found.holder}, which answers no requests")
    elif found.health is None:
        cure = f"Look at its log; stop it (kill {found.holder.pid}) and start it again: zhanggui serve"
        yield failed("server", f"Open in {found.holder}, which did not answer within {SECONDS} seconds", cure)
    elif not found.health.get("ready"):
        yield warned("server", f"Open in {found.holder}, which is not ready yet", "Wait until the index is built")
    else:
        yield passed("server", f"Open in {found.holder}, Release {found.health.get('release')}")


def port(patient: Patient, found: Server) -> Iterator[Finding]:
    host, number = patient.settings.text("host"), patient.settings.number("port")
    ours = found.holder is not None and urlsplit(found.holder.url).port == number
    if ours or is_free(host, number):
        yield passed("port", f"{host}:{number} is {'ours' if ours else 'free'}", number)
    else:
        cure = "zhanggui serve --port OTHER, or stop who has it: ss -ltnp"
        yield warned("port", f"{host}:{number} is in use by another program, or not ours", cure, number)


def settings(patient: Patient) -> Iterator[Finding]:
    try:
        load(patient.environ, home=patient.settings.text("home"))
    except ConfigError as error:
        yield failed("settings", str(error), "unset or mend the variable; see: zhanggui settings")
        return
    changed = [s for s in SETTINGS if patient.settings.values[s.name] != s.default]
    hidden = ("write_key", "store")  # a URL may hold a password
    said = [f"{s.variable}={'(set)' if s.name in hidden else patient.settings.values[s.name]}" for s in changed]
    yield passed("settings", ", ".join(said) or "All at their defaults", len(changed))
    if not patient.settings.text("write_key"):
        cure = "To write over HTTP: set ZHANGGUI_WRITE_KEY to a long random text"
        yield warned("key", "No write key is set: writes over HTTP are refused", cure)


def rejects(patient: Patient) -> Iterator[Finding]:
    files = sorted((patient.settings.home / "rejects").glob("*.jsonl"))
    if not files:
        yield passed("lines set aside", "None waits to be mended")
        return
    size = sum(file.stat().st_size for file in files)
    cure = f"Mend and import them again, or delete them: zhanggui import events {files[-1]}"
    yield warned(
        "lines set aside", f"{len(files)} files ({size:,} bytes) of imports wait to be mended", cure, len(files)
    )
