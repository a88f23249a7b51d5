"""The Store, through a connection that only reads: it opens, is whole, and its tables and times are right."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.engine import URL

from zhanggui.app.doctor.patient import GIGABYTE, Patient, failed, passed, warned
from zhanggui.core.clock import iso
from zhanggui.core.ids import Millis
from zhanggui.data.check import Finding
from zhanggui.data.store.connecting import connect
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.migrating import HEAD
from zhanggui.data.store.places import shown, url_of
from zhanggui.data.store.reading import counters
from zhanggui.data.store.schema import EVENTS

SLOW_MS = 20.0
CHECKED_UNASKED = 1 * GIGABYTE
"""Reading a database through takes about a second for so many bytes on a fast disk, more on others."""

LATELY = 100_000
"""Numbers of the feed whose times are looked at; there is no index by time alone."""

AHEAD_MS = 60_000


def place_of(patient: Patient) -> URL | None:
    """Return where the Store is; None for a file that is not there yet (looking must not make it)."""
    named = patient.settings.text("store")
    if named.partition("://")[0].startswith("postgres"):
        return url_of(named)
    file = Path(named.partition(":///")[2] or named or patient.settings.home / "shop.db").expanduser().resolve()
    return URL.create("sqlite", database=str(file)) if file.exists() else None


@contextmanager
def looked_into(url: URL) -> Iterator[Connection]:
    """Yield a connection that cannot write."""
    if url.get_backend_name() == "sqlite":
        address = f"file:{quote(str(url.database))}?mode=ro"
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=10))
    else:
        engine = connect(url)
    try:
        with store_errors(shown(url)), engine.connect() as connection:
            if url.get_backend_name() == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
    finally:
        engine.dispose()


def store(patient: Patient) -> Iterator[Finding]:
    url = place_of(patient)
    if url is None:
        yield warned("store", "There is no Store yet", "zhanggui import products FILE")
        return
    with looked_into(url) as connection:
        yield from (_sqlite if url.get_backend_name() == "sqlite" else _postgres)(patient, url, connection)
        revision = MigrationContext.configure(connection).get_current_revision()
        yield _revision(revision)
        if revision == HEAD:
            yield from _feed(patient, connection)


def _sqlite(patient: Patient, url: URL, connection: Connection) -> Iterator[Finding]:
    size = Path(str(url.database)).stat().st_size
    said = f"SQLite {sqlite3.sqlite_version} at {url.database}, {size:,} bytes"
    if size > CHECKED_UNASKED and not patient.full:
        yield passed("store", f"{said}; not read through, it is large: zhanggui doctor --full", size)
        return
    answer = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    if answer == "ok":
        yield passed("store", f"{said}, whole", size)
    else:
        yield failed("store", f"{said}, damaged: {answer}", "zhanggui restore BACKUP, or import again into a new home")


def _postgres(_patient: Patient, url: URL, connection: Connection) -> Iterator[Finding]:
    def ask(text: str) -> str:
        return str(connection.exec_driver_sql(text).scalar())

    taken = []
    for _ in range(7):
        began = time.perf_counter()
        ask("SELECT 1")
        taken.append(1000 * (time.perf_counter() - began))
    collation = ask("SELECT datcollate FROM pg_database WHERE datname = current_database()")
    said = (
        f"PostgreSQL {ask('SHOW server_version')} at {shown(url)}, collation {collation}, {median(taken):.1f} ms a call"
    )
    if ask("SHOW server_encoding") != "UTF8":
        yield failed("store", f"{said}, not in UTF-8", "Make the database anew: createdb -E UTF8 NAME")
    elif median(taken) > SLOW_MS:
        yield warned("store", said, "Bring the database nearer: every page asks it", median(taken))
    else:
        yield passed("store", said, median(taken))


def _revision(found: str | None) -> Finding:
    if found == HEAD:
        return passed("tables", f"Of version {found}, the newest")
    if found is None or found < HEAD:
        return warned(
            "tables", f"Of version {found}; this zhanggui has {HEAD}", "The next import or start migrates them"
        )
    return failed("tables", f"Of version {found}; this zhanggui knows {HEAD}", "pip install --upgrade zhanggui")


def _feed(patient: Patient, connection: Connection) -> Iterator[Finding]:
    counts = counters(connection)
    head, now = counts["position"], patient.clock.now()
    said = f"{counts['products']:,} products, {counts['events']:,} events, feed at {head:,}"
    yield passed("content", said, head) if head else warned("content", said, "zhanggui import products FILE")
    late = EVENTS.c.position > head - LATELY
    latest = connection.execute(select(func.max(EVENTS.c.time)).where(late)).scalar()
    if latest is not None and latest > now + AHEAD_MS:
        cure = "Set the clock (timedatectl), ZHANGGUI_CLOCK_START, or mend the times: zhanggui check"
        yield warned("clock", f"It is {iso(now)}, and an event lies at {iso(Millis(latest))}", cure, latest - now)
    else:
        yield passed("clock", f"It is {iso(now)}; no late event lies after it")
