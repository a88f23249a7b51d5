"""Every check in the order of a page; what a check cannot bear is its finding, and the others go on."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from sqlite3 import Error as SqliteError

from sqlalchemy.exc import SQLAlchemyError

from zhanggui.app.doctor import derived, machine, serving, store
from zhanggui.app.doctor.patient import Patient, failed
from zhanggui.core.errors import ZhangguiError
from zhanggui.data.check import Finding

__all__ = ["Patient", "examine"]
_FAULTS = (ZhangguiError, SQLAlchemyError, SqliteError, OSError, ValueError, KeyError)


def examine(patient: Patient) -> list[Finding]:
    """Return what every check found. Reads only: files, the Store, and the health of a server that has the home."""
    server = serving.server_of(patient)
    checks: dict[str, Callable[[Patient], Iterator[Finding]]] = {
        "python": machine.python,
        "packages": machine.packages,
        "memory": machine.memory,
        "open files": machine.open_files,
        "settings": serving.settings,
        "home": machine.home,
        "server": partial(serving.server, found=server),
        "port": partial(serving.port, found=server),
        "store": store.store,
        "release": derived.release,
        "index": partial(derived.index, server=server),
        "online state": partial(derived.state, server=server),
        "encoder": derived.encoder_and_vectors,
        "lines set aside": serving.rejects,
    }
    return [finding for name, check in checks.items() for finding in _found(name, check, patient)]


def _found(name: str, check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except _FAULTS as error:
        logging.getLogger(__name__).debug("%s", name, exc_info=error)
        fact = " ".join(str(getattr(error, "orig", None) or error).split())
        yield failed(
            name, fact or type(error).__name__, _CURES.get(name, "See docs/howto/import.md, or: zhanggui --help")
        )


_CURES = {
    "store": "See whether it is the right file or URL (ZHANGGUI_STORE); else: zhanggui restore BACKUP",
    "release": "zhanggui train, or go back: zhanggui releases --rollback",
    "index": "Delete HOME/index; the next start makes it anew",
    "online state": "Delete HOME/state; the next start makes it anew",
    "encoder": "Set ZHANGGUI_ENCODER to a name or a folder with model.onnx, or none",
    "home": "Give this account the right to it, or name another --home",
}
