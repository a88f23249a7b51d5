"""The Store on a database, through SQLAlchemy Core."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from zhanggui.core.candidate import Ranking
from zhanggui.core.erasure import Erased
from zhanggui.core.errors import StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import ItemId, Millis, RankingId, UserId
from zhanggui.core.interactions import Interactions
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, Receipt, Totals
from zhanggui.data.store import erasing, reading, writing
from zhanggui.data.store.chunks import chunks
from zhanggui.data.store.codec import ranking_of
from zhanggui.data.store.connecting import open_some, writer
from zhanggui.data.store.failing import store_errors
from zhanggui.data.store.places import shown
from zhanggui.data.store.schema import RANKINGS
from zhanggui.data.store.scrubbing import scrub
from zhanggui.data.store.watching import Watch

EVENTS_AT_ONCE = 20_000
PRODUCTS_AT_ONCE = 5_000

T = TypeVar("T")
Write = Callable[[Connection, list[T], int], int]
"""Write a chunk after a position, in one transaction; return how many changes (and so positions) it made."""


class SqlStore:
    """Store on SQLite or PostgreSQL. Build one with `open_store`.

    One lock lets one thread of this process write; other processes wait in the database. Readers have connections of
    their own and never wait. Long input is committed in chunks, so that memory stays bounded and others get a turn:
    when the input breaks off in the middle, the chunks before are kept, and writing all of it again is harmless.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = writer(engine)
        self._lock = threading.Lock()
        self._familiar: set[str] = set()
        self._where = shown(engine.url)
        try:
            with self._reading() as connection:
                self._watch = Watch(erasing.last_erasure(connection))
            if engine.dialect.name == "sqlite":
                with store_errors(self._where):
                    open_some(engine)
        except StoreError:
            engine.dispose()
            raise

    def put_products(self, products: Iterable[Product]) -> Receipt:
        """Insert or replace; a product that is there already, unchanged, counts as repeated and stays as it is."""
        return self._write(products, PRODUCTS_AT_ONCE, writing.put_products)

    def remove_products(self, items: Iterable[ItemId]) -> Receipt:
        """Remove; ids that are not there count as repeated."""
        return self._write(items, PRODUCTS_AT_ONCE, writing.remove_products)

    def put_events(self, events: Iterable[Event]) -> Receipt:
        return self._write(events, EVENTS_AT_ONCE, self._put_events)

    def put_rankings(self, rankings: Iterable[Ranking]) -> None:
        """Keep the record of pages; one whose id is known already is left as it is, as are those of erased users."""
        with self._watch.call() as call:
            for chunk in chunks(rankings, PRODUCTS_AT_ONCE):
                with self._writing() as connection:
                    writing.grow(connection, rankings=0)  # from here on, nobody else erases
                    writing.put_rankings(connection, call.without_erased(connection, chunk))

    def products(self, items: Sequence[ItemId]) -> dict[ItemId, Product]:
        with self._reading() as connection:
            return reading.products(connection, items)

    def all_products(self) -> Iterator[Product]:
        """Stream the catalogue in order of id, a page at a time; a change meanwhile may or may not be seen."""
        after = ""
        while True:
            with self._reading() as connection:
                page = reading.products_after(connection, after)
            yield from page
            if not page:
                return
            after = page[-1].item_id

    def events_of(self, user: UserId, *, limit: int = 500) -> list[Event]:
        with self._reading() as connection:
            return reading.events_of(connection, user, limit)

    def interactions(
        self, *, until: Millis | None = None, types: Sequence[EventType] = (), up_to: int | None = None
    ) -> Interactions:
        with self._reading() as connection:
            return reading.interactions(connection, until, types, up_to)

    def changes(self, after: int, *, limit: int = 1000) -> list[Change]:
        with self._reading() as connection:
            return reading.changes(connection, after, limit)

    def position(self) -> int:
        with self._reading() as connection:
            return reading.counters(connection)["position"]

    def ranking(self, ranking_id: RankingId) -> Ranking | None:
        with self._reading() as connection:
            row = connection.execute(select(RANKINGS).where(RANKINGS.c.ranking_id == ranking_id)).first()
        return None if row is None else ranking_of(row)

    def totals(self) -> Totals:
        with self._reading() as connection:
            counts = reading.counters(connection)
        return Totals(*(counts[name] for name in ("products", "events", "rankings", "users")))

    def erase_users(self, users: Sequence[UserId]) -> Erased:
        return erasing.erase_users(self._writing, users)

    def forget_before(self, moment: Millis) -> Erased:
        return erasing.forget_before(self._reading, self._writing, moment)

    def scrub(self, users: Sequence[UserId] = ()) -> None:
        with self._lock, store_errors(self._where):
            scrub(self._engine, users)

    def close(self) -> None:
        """Close the connections. The Store cannot lose anything by not being closed."""
        self._engine.dispose()

    def _write(self, things: Iterable[T], size: int, write: Write[T]) -> Receipt:
        written = repeated = 0
        position = -1
        for chunk in chunks(things, size):
            with self._writing() as connection:
                head = writing.take_turn(connection)
                changed = write(connection, chunk, head)
                writing.grow(connection, position=changed)
                position = head + changed
            written, repeated = written + changed, repeated + len(chunk) - changed
        return Receipt(written, repeated, self.position() if position < 0 else position)

    def _put_events(self, connection: Connection, events: list[Event], position: int) -> int:
        if self._watch.anything_new(connection):
            self._familiar.clear()
        return writing.put_events(connection, events, position, familiar=self._familiar)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with store_errors(self._where), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock, store_errors(self._where), self._writer.begin() as connection:
            yield connection
