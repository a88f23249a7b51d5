"""Write a backup while the shop serves: one moment of the Store, the Release in use, the vectors made so far."""

import os
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from zhanggui.core.clock import Clock
from zhanggui.core.errors import InputError
from zhanggui.data.archive.manifest import Manifest, TableFacts
from zhanggui.data.archive.reading import PIECE, looks_like_backup
from zhanggui.data.archive.writing import ArchiveWriter
from zhanggui.data.release import CURRENT, MANIFEST, current, open_release
from zhanggui.data.store.migrating import HEAD
from zhanggui.data.store.opening import opened_engine
from zhanggui.data.store.tables import TABLES, Snapshot, Summing, lines_of, snapshot

LEVEL = 1  # gzip: twice as fast as level 6 for a tenth more bytes

Tick = Callable[[int, int], None]


def write_backup(
    path: Path,
    *,
    home: Path,
    store: str | Path,
    clock: Clock,
    replace: bool = False,
    on_progress: Tick | None = None,
) -> Manifest:
    """Write the shop of `home`, whose Store is at `store`, to a file. Until it is whole nothing has its name.

    `replace` allows the file to be there already, if it is a backup. Raises InputError when the file cannot be
    written, ReleaseError, StoreError.
    """
    if path.exists() and not replace:
        raise InputError(f"{str(path)!r} is there already. Name a file that is not, or add --replace.")
    if path.exists() and not looks_like_backup(path):
        raise InputError(f"{str(path)!r} is no backup, so it is not replaced. Name another file.")
    try:
        return _beside(path, lambda stream: _write(stream, home, store, clock, on_progress))
    except OSError as error:
        cure = "Name a file in a folder that you may write to, with enough space"
        raise InputError(f"The backup {str(path)!r} cannot be written: {error.strerror or error}. {cure}.") from error


def _beside(path: Path, write: Callable[[BinaryIO], Manifest]) -> Manifest:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as stream:
            manifest = write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).rename(path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    return manifest


MADE = (".vec", ".tok")
"""What an encoder has made of texts: vectors and tokens."""


def sync_folder(folder: Path) -> None:
    """Make names in a folder last: a rename is only in memory until then."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(stream: BinaryIO, home: Path, store: str | Path, clock: Clock, on_progress: Tick | None) -> Manifest:
    created = clock.now()
    archive = ArchiveWriter(stream, created=created)
    with opened_engine(store) as engine, snapshot(engine) as moment:
        position = moment.counters()["position"]
        tables = _put_tables(archive, moment, on_progress)
    release = _put_release(archive, home)
    for file in sorted((home / "vectors").glob("*")):
        if file.suffix in MADE:
            _put_file(archive, f"vectors/{file.name}", file)
    return archive.finish(Manifest(created, HEAD, position, release, tables))


def _put_tables(archive: ArchiveWriter, moment: Snapshot, on_progress: Tick | None) -> dict[str, TableFacts]:
    total, done = moment.total(), 0
    facts = {}
    for table in TABLES:
        summing, press = Summing(), zlib.compressobj(LEVEL, wbits=31)
        with archive.member(f"store/{table.name}.jsonl.gz") as member:
            for rows in moment.rows(table):
                lines = lines_of(table, rows)
                summing.add(lines, len(rows))
                member.write(press.compress(lines))
                done += len(rows)
                if on_progress:
                    on_progress(done, total)
            member.write(press.flush())
        table_sum = summing.result()
        columns = [str(column.name) for column in table.columns]
        facts[str(table.name)] = TableFacts(columns, table_sum.rows, table_sum.digest)
    return facts


def _put_release(archive: ArchiveWriter, home: Path) -> str:
    """Put the Release in use, proven, and say that it is in use; return its name, empty for none."""
    if not current(home):
        return ""
    release = open_release(home)
    name = release.manifest.name
    with archive.member(f"releases/{CURRENT}") as member:
        member.write(f"{name}\n".encode())
    for file in (MANIFEST, *sorted(release.manifest.files)):
        _put_file(archive, f"releases/{name}/{file}", release.path / file)
    return name


def _put_file(archive: ArchiveWriter, name: str, file: Path) -> None:
    """Put as much of a file as it has now: what is appended meanwhile is left to the next backup."""
    with file.open("rb") as content, archive.member(name) as member:
        left = os.fstat(content.fileno()).st_size
        while left and (piece := content.read(min(left, PIECE))):
            member.write(piece)
            left -= len(piece)
