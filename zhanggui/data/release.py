"""The folder of a Release: written beside, put in place by one rename, proven by hashes. Knows nothing about models.

home/releases/20171016-1/manifest.json      what it is, and the SHA-256 of every other file
home/releases/20171016-1/*.npz …
home/releases/CURRENT                       the name of the Release in use, then those before it
"""

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from zhanggui import __version__
from zhanggui.core.clock import Clock
from zhanggui.core.errors import ReleaseError
from zhanggui.core.ids import Millis
from zhanggui.data.beside import beside, sweep, sync

LOG = logging.getLogger(__name__)
FORMAT = 1
MANIFEST = "manifest.json"
CURRENT = "CURRENT"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RETRAIN = "Run: zhanggui train, or go back: zhanggui releases --rollback"
_ROOM = "Make room, or give this account the right to write there; then do it again: nothing has changed."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a Release says of itself. `files` maps a path inside the folder to its SHA-256 in hexadecimal.

    `data_from` and `data_until` are the first and the last moment of the data learnt from, None where there was none.
    """

    name: str
    created: Millis
    data_from: Millis | None = None
    data_until: Millis | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Release:
    """A Release that was opened, its files proven: read them from `path`."""

    path: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Facts:
    """What whoever fills a Release knows about it."""

    data_from: Millis | None = None
    data_until: Millis | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)


def write_release(home: Path, *, name: str, clock: Clock, fill: Callable[[Path], Facts]) -> Release:
    """Let `fill` write files into a folder, describe them, and put the folder in place under its name.

    Until the last rename nobody sees anything; when `fill` fails nothing is left. It is not in use before `promote`.
    Raises ReleaseError when the name is taken or cannot be one.
    """
    place = _place(home, name)
    if place.exists():
        raise ReleaseError(f"Release {name!r} is there already; Releases never change. Choose another name.")
    tidy(home)
    try:
        with beside(place.parent) as folder:
            facts = fill(folder)
            files = {str(path.relative_to(folder)): _sha256(path) for path in _files(folder)}
            manifest = Manifest(
                name, clock.now(), facts.data_from, facts.data_until, facts.settings, facts.metrics, files
            )
            described = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
            (folder / MANIFEST).write_bytes(described)
            folder.chmod(0o755)
            sync(folder)
            folder.rename(place)
    except OSError as fault:
        raise ReleaseError(f"Release {name!r} cannot be written in {place.parent}: {fault}. {_ROOM}") from fault
    return Release(place, manifest)


def open_release(home: Path, name: str = "current") -> Release:
    """Open a Release, after comparing every file with its hash. Raises ReleaseError with the cure."""
    if name == "current":
        name = current(home)
        if not name:
            raise ReleaseError(f"{home} has no Release in use. Run: zhanggui train")
    place = _place(home, name)
    manifest = _manifest(place)
    for file, sha in manifest.files.items():
        if not (place / file).is_file():
            raise ReleaseError(f"Release {name!r} is torn: {file} is missing. {_RETRAIN}")
        try:
            same = _sha256(place / file) == sha
        except OSError as fault:
            raise ReleaseError(f"Release {name!r} cannot be read: {file}: {fault}. {_RETRAIN}") from fault
        if not same:
            raise ReleaseError(f"Release {name!r} was altered: {file} has another SHA-256 than written. {_RETRAIN}")
    return Release(place, manifest)


def tidy(home: Path) -> None:
    """Delete what training that was killed left behind; other training that is under way is not touched."""
    sweep(home / "releases")


def releases(home: Path) -> list[Manifest]:
    """Return what is in `home/releases`, oldest first (ties by name); torn folders are left out."""
    found = []
    for place in sorted((home / "releases").glob("*")):
        if (place / MANIFEST).is_file() and _NAME.fullmatch(place.name):
            try:
                found.append(_manifest(place))
            except ReleaseError as error:
                LOG.warning("left out: %s", error)
    return sorted(found, key=lambda manifest: (manifest.created, manifest.name))


def current(home: Path) -> str:
    """Return the name of the Release in use, empty for none."""
    return next(iter(_line_of_use(home)), "")


def usable(home: Path) -> Release | None:
    """Open the Release in use, or failing that the one before it, and so on; None where none is whole or in use.

    A shop serves its customers with an older Release, or as one that was never trained, rather than not at all.
    """
    for name in _line_of_use(home):
        try:
            return open_release(home, name)
        except ReleaseError as error:
            LOG.error("%s. Until then the Release before it serves, or none.", str(error).rstrip("."))
    return None


def promote(home: Path, name: str) -> Release:
    """Prove a Release and put it in use, by one rename."""
    release = open_release(home, name)
    _use(home, [name, *(other for other in _line_of_use(home) if other != name)])
    return release


def rollback(home: Path) -> Release:
    """Put the Release in use that was in use before this one."""
    line = _line_of_use(home)
    if len(line) < 2:
        raise ReleaseError(f"There is no Release before {current(home) or 'the first'!r} to go back to. {_RETRAIN}")
    release = open_release(home, line[1])
    _use(home, line[1:])
    return release


def _line_of_use(home: Path) -> list[str]:
    file = home / "releases" / CURRENT
    try:
        return file.read_text("utf-8").split()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as fault:
        LOG.error("%s cannot be read (%s): no Release is in use. Run: zhanggui releases --promote NAME", file, fault)
        return []


def _use(home: Path, line: list[str]) -> None:
    file = home / "releases" / CURRENT
    try:
        with beside(file.parent) as folder:
            (folder / CURRENT).write_text("".join(f"{name}\n" for name in line), "utf-8")
            sync(folder)
            (folder / CURRENT).replace(file)
    except OSError as fault:
        raise ReleaseError(f"{file} cannot be written: {fault}. {_ROOM}") from fault


def _place(home: Path, name: str) -> Path:
    if not _NAME.fullmatch(name) or name.lower() == CURRENT.lower():
        raise ReleaseError(f"{name!r} cannot name a Release. Allowed: letters, digits, '.', '_' and '-'.")
    return home / "releases" / name


def _manifest(place: Path) -> Manifest:
    try:
        fields = orjson.loads((place / MANIFEST).read_bytes())
        if fields["format"] != FORMAT:
            raise ReleaseError(f"Release {place.name!r} has format {fields['format']}; known: {FORMAT}. {_RETRAIN}")
        return Manifest(**fields)
    except FileNotFoundError:
        known = ", ".join(path.parent.name for path in sorted(place.parent.glob(f"*/{MANIFEST}"))) or "none"
        raise ReleaseError(
            f"No Release {place.name!r} in {place.parent}. Known: {known}. Run: zhanggui train"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"The manifest of Release {place.name!r} cannot be read: {error}. {_RETRAIN}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
