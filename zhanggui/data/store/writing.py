"""The write half of SqlStore: each function works inside one write transaction, on one chunk.

Order matters: `take_turn` updates the head of the feed first and so holds its row until the commit. On PostgreSQL that
row lock is what makes commits happen in the order of positions; on SQLite BEGIN IMMEDIATE does.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Column, Connection, Insert, bindparam, func, select, update

from zhanggui.core.candidate import Ranking
from zhanggui.core.event import Event
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.data.store.bulk import append_rows, asked, insert_rows
from zhanggui.data.store.chunks import chunks
from zhanggui.data.store.codec import event_row, product_body, ranking_row
from zhanggui.data.store.connecting import upsert
from zhanggui.data.store.schema import COUNTERS, EVENTS, PRODUCTS, RANKINGS, USERS

ASKED_AT_ONCE = 1_000
FAMILIAR_USERS = 1_000_000

# Built once: on a small write the building of statements takes most of the time.
_MINE = COUNTERS.c.name == bindparam("counter")
_MOVE = update(COUNTERS).where(_MINE).values(value=COUNTERS.c.value + bindparam("steps"))
_VALUE = select(COUNTERS.c.value).where(_MINE)
_HIGHEST_EVENT = select(func.max(EVENTS.c.event_id))
_BODIES = select(PRODUCTS.c.item_id, PRODUCTS.c.body)
_PRESENT = {column: select(column) for column in (EVENTS.c.event_id, RANKINGS.c.ranking_id, USERS.c.user_id)}


def take_turn(connection: Connection) -> int:
    """Lock the head of the feed and return it."""
    return add(connection, "position", 0)


def add(connection: Connection, counter: str, steps: int) -> int:
    """Move a counter and return its new value."""
    grow(connection, **{counter: steps})
    return int(connection.execute(_VALUE, {"counter": counter}).scalar_one())


def grow(connection: Connection, **steps: int) -> None:
    """Move counters, each by its steps; in order of name, so that two who move the same ones never wait in a ring."""
    connection.execute(_MOVE, [{"counter": name, "steps": steps[name]} for name in sorted(steps)])


def put_products(connection: Connection, products: Sequence[Product], position: int) -> int:
    """Write those that differ from what is there, one position each; return how many."""
    return _put_bodies(connection, [(p.item_id, product_body(p)) for p in products], position)


def remove_products(connection: Connection, items: Sequence[ItemId], position: int) -> int:
    """Turn products into rows without a body, one position each; return how many were there."""
    return _put_bodies(connection, [(item, None) for item in items], position)


def put_events(connection: Connection, events: Sequence[Event], position: int, *, familiar: set[str]) -> int:
    """Append those whose id is new, one position each; return how many.

    `familiar` are users who need no look-up because they were in the database before; it is kept up here.
    """
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.event_id, event)
    known = _known_events(connection, first)
    new = [event for event_id, event in first.items() if event_id not in known]
    append_rows(connection, EVENTS, [event_row(n, e) for n, e in enumerate(new, position + 1)])
    grow(connection, events=len(new))
    _put_users(connection, {event.user_id for event in new}, familiar)
    return len(new)


def put_rankings(connection: Connection, rankings: Sequence[Ranking]) -> None:
    """Insert those whose id is new."""
    grow(connection, rankings=0)  # holds its row: nobody inserts between the look and the insert
    first: dict[str, Ranking] = {}
    for ranking in rankings:
        first.setdefault(ranking.ranking_id, ranking)
    known = _present(connection, RANKINGS.c.ranking_id, first)
    new = [ranking_row(ranking) for ranking_id, ranking in first.items() if ranking_id not in known]
    append_rows(connection, RANKINGS, new)
    grow(connection, rankings=len(new))


def _put_bodies(connection: Connection, puts: Sequence[tuple[ItemId, str | None]], position: int) -> int:
    state = _bodies(connection, {item for item, _ in puts})
    changed: dict[ItemId, tuple[int, str | None]] = {}
    before, start = dict(state), position
    for item, body in puts:
        if state.get(item) != body:
            position += 1
            state[item], changed[item] = body, (position, body)
    _upsert_products(connection, [(item, *change) for item, change in changed.items()])
    born = sum((body is not None) - (before.get(item) is not None) for item, (_, body) in changed.items())
    grow(connection, products=born)
    return position - start


def _upsert_products(connection: Connection, rows: Sequence[tuple[ItemId, int, str | None]]) -> None:
    insert_rows(connection, _upserting(connection.dialect.name), rows)


@lru_cache
def _upserting(dialect: str) -> Insert:
    statement = upsert(dialect, PRODUCTS)
    new = {name: statement.excluded[name] for name in ("position", "body")}
    return statement.on_conflict_do_update(index_elements=[PRODUCTS.c.item_id], set_=new)


def _bodies(connection: Connection, items: Iterable[ItemId]) -> dict[ItemId, str | None]:
    found: dict[ItemId, str | None] = {}
    for part in chunks(items, ASKED_AT_ONCE):
        found.update((item, body) for item, body in asked(connection, _BODIES, PRODUCTS.c.item_id, part))
    return found


def _put_users(connection: Connection, users: set[str], familiar: set[str]) -> None:
    strangers = users - familiar
    if not strangers:
        return
    known = _present(connection, USERS.c.user_id, strangers)
    new = sorted(strangers - known)
    append_rows(connection, USERS, [(user,) for user in new])
    grow(connection, users=len(new))
    if len(familiar) > FAMILIAR_USERS:
        familiar.clear()
    familiar |= known  # not the new ones: this transaction may yet fail


def _known_events(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    """Return which ids are there. Derived ids rise with time, so in a log that grows most are above all known ones."""
    highest = connection.execute(_HIGHEST_EVENT).scalar() or ""
    return _present(connection, EVENTS.c.event_id, (event_id for event_id in event_ids if event_id <= highest))


def _present(connection: Connection, column: Column[str], values: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(values, ASKED_AT_ONCE):
        found.update(asked(connection, _PRESENT[column], column, part).scalars())
    return found
