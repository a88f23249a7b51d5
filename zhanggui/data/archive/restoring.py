"""Put a backup into an empty home. Every byte is proven first; until the end nobody can open what is half there.

The home is marked while it is filled, and so is its Store: a restore that was killed starts over when it is run again.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import Table, create_engine

from zhanggui.core.errors import InputError, StoreError
from zhanggui.data.archive.backing import sync_folder
from zhanggui.data.archive.manifest import Manifest
from zhanggui.data.archive.reading import Archive, opened_archive
from zhanggui.data.store.codec import Row
from zhanggui.data.store.filling import fill
from zhanggui.data.store.migrating import HEAD, revisions
from zhanggui.data.store.tables import CHUNK, TABLES, Sum, Summing, row_of

MARK = ".restoring"
IGNORED = ("serve.lock",)
"""What a home may hold and yet be empty: the lock of whoever restores."""

Tick = Callable[[int, int], None]


def restore(
    path: Path,
    *,
    home: Path,
    store: str | Path,
    on_proof: Tick | None = None,
    on_progress: Tick | None = None,
) -> Manifest:
    """Restore a backup into an empty home and the empty Store at `store`, which may be of another engine.

    Raises InputError when the file is no whole backup or the home holds something, StoreError when the Store does.
    """
    with opened_archive(path, on_progress=on_proof) as archive:
        _refuse_other_tables(archive.manifest)
        try:
            _claim(home)
            _fill(archive, home, store, on_progress)
        except OSError as error:
            cause = error.strerror or str(error)
            raise InputError(
                f"The home {str(home)!r} cannot be filled: {cause}. Mend that, then restore again."
            ) from error
    return archive.manifest


def _claim(home: Path) -> None:
    """Mark an empty home as being restored; clear what an earlier restore left half done."""
    home.mkdir(parents=True, exist_ok=True)
    held = [entry for entry in sorted(home.iterdir()) if entry.name not in IGNORED]
    if held and not (home / MARK).exists():
        names = ", ".join(entry.name for entry in held[:3])
        raise InputError(
            f"The home {str(home)!r} holds something already: {names}. Restore into an empty one: "
            f"zhanggui --home {home}-restored restore FILE"
        )
    (home / MARK).touch()
    sync_folder(home)
    for entry in held:
        if entry.name != MARK:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _fill(archive: Archive, home: Path, store: str | Path, on_progress: Tick | None) -> None:
    manifest = archive.manifest
    expected = {table.name: _expected(manifest, table) for table in TABLES}

    def place_files() -> None:
        for name in manifest.members:
            if not name.startswith("store/"):
                archive.copy(name, home / name)
                _sync(home / name)
        (home / MARK).unlink()
        sync_folder(home)

    fill(
        store,
        lambda table: _rows(archive, table),
        expected=lambda: expected,
        last=place_files,
        total=manifest.rows,
        on_progress=on_progress,
    )


def _rows(archive: Archive, table: Table) -> Iterator[Sequence[Row]]:
    if table.name not in archive.manifest.tables:
        return
    lines = archive.lines(f"store/{table.name}.jsonl.gz")
    try:
        while part := list(islice(lines, CHUNK)):
            yield [row_of(table, line) for line in part]
    except ValueError as error:
        raise InputError(
            f"The backup's table {table.name} cannot be read: {error}. Restore from another one."
        ) from error


def _expected(manifest: Manifest, table: Table) -> Sum:
    facts = manifest.tables.get(table.name)
    return Sum(facts.rows, facts.digest) if facts else Summing().result()


def _refuse_other_tables(manifest: Manifest) -> None:
    """Refuse tables of a version that this one cannot hold; a table that came later is empty in an older backup."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        known = revisions(connection)
    engine.dispose()
    if manifest.revision not in known:
        raise StoreError(
            f"The backup's tables are of version {manifest.revision!r}; this zhanggui knows {HEAD!r} and older. "
            "Run: pip install --upgrade zhanggui"
        )
    columns = {table.name: [column.name for column in table.columns] for table in TABLES}
    for name, facts in manifest.tables.items():
        if list(facts.columns) != columns.get(name):
            raise StoreError(
                f"The backup's table {name} is that of zhanggui {manifest.version}. Restore with that version "
                f"(pip install zhanggui=={manifest.version}); this one then brings the Store up to date."
            )


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(file.parent)
