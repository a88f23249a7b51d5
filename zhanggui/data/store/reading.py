"""The read half of SqlStore: each function reads one moment through one connection."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, Integer, bindparam, select

from zhanggui.core.erasure import Erasure
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import ItemId, Millis, UserId
from zhanggui.core.interactions import Interactions
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.data.store.bulk import asked
from zhanggui.data.store.chunks import chunks
from zhanggui.data.store.codec import event_of, product_of
from zhanggui.data.store.columns import Gatherer
from zhanggui.data.store.erasing import erasures_after
from zhanggui.data.store.schema import COUNTERS, EVENTS, PRODUCTS

PAGE = 2_000
ASKED_AT_ONCE = 1_000
_AFTER, _MOST = bindparam("after", type_=BigInteger), bindparam("most", type_=Integer)
_THERE = select(PRODUCTS.c.item_id, PRODUCTS.c.body).where(PRODUCTS.c.body.is_not(None))
_PRODUCTS_AFTER = (
    select(PRODUCTS.c.position, PRODUCTS.c.item_id, PRODUCTS.c.body)
    .where(PRODUCTS.c.position > _AFTER)
    .order_by(PRODUCTS.c.position)
    .limit(_MOST)
)
_EVENTS_AFTER = select(EVENTS).where(EVENTS.c.position > _AFTER).order_by(EVENTS.c.position).limit(_MOST)
_COUNTS = select(COUNTERS.c.name, COUNTERS.c.value)
FETCHED_AT_ONCE = 500  # small lists of rows stay in the processor's cache: twice as fast as 20,000


def counters(connection: Connection) -> dict[str, int]:
    """Return every counter by name."""
    return {name: value for name, value in connection.execute(_COUNTS)}


def products(connection: Connection, items: Sequence[ItemId]) -> dict[ItemId, Product]:
    """Return those that exist, in the order asked."""
    found: dict[str, str] = {}
    for part in chunks(items, ASKED_AT_ONCE):
        found.update((item, body) for item, body in asked(connection, _THERE, PRODUCTS.c.item_id, part))
    return {item: product_of(item, found[item]) for item in items if item in found}


def products_after(connection: Connection, item: str) -> list[Product]:
    """Return the next page of the catalogue in order of id."""
    query = _THERE.where(PRODUCTS.c.item_id > item).order_by(PRODUCTS.c.item_id).limit(PAGE)
    return [product_of(*row) for row in connection.execute(query)]


def events_of(connection: Connection, user: UserId, limit: int) -> list[Event]:
    """Return a user's latest events, oldest first."""
    latest = EVENTS.c.time.desc(), EVENTS.c.position.desc()
    rows = connection.execute(select(EVENTS).where(EVENTS.c.user_id == user).order_by(*latest).limit(limit))
    return [event_of(row) for row in rows][::-1]


def interactions(
    connection: Connection, until: Millis | None, types: Sequence[EventType], up_to: int | None
) -> Interactions:
    """Return the log as columns; memory holds the columns and one small chunk of rows."""
    c = EVENTS.c
    query = select(c.user_id, c.item_id, c.type, c.time, c.order_id, c.session_id).where(c.item_id != "")
    query = query if until is None else query.where(c.time < until)
    query = query if up_to is None else query.where(c.position <= up_to)
    query = query.where(c.type.in_([kind.code for kind in types])) if types else query
    catalogue = select(PRODUCTS.c.item_id).where(PRODUCTS.c.body.is_not(None))
    gatherer = Gatherer(connection.execute(catalogue).scalars())
    with connection.execution_options(yield_per=FETCHED_AT_ONCE).execute(query.order_by(c.position)) as result:
        for rows in result.partitions():
            gatherer.add(rows)
    return gatherer.result()


def changes(connection: Connection, after: int, limit: int) -> list[Change]:
    """Merge the three tables by position."""
    within = {"after": after, "most": limit}
    found = [_product_change(*row) for row in connection.execute(_PRODUCTS_AFTER, within)]
    found += [_event_change(event_of(row), row[0]) for row in connection.execute(_EVENTS_AFTER, within)]
    found += [_erased_change(*row) for row in erasures_after(connection, after, limit=limit)]
    return sorted(found, key=lambda change: change.position)[:limit]


def _product_change(position: int, item: str, body: str | None) -> Change:
    if body is None:
        return Change(position, ChangeKind.REMOVED, ItemId(item))
    return Change(position, ChangeKind.PRODUCT, ItemId(item), product=product_of(item, body))


def _event_change(event: Event, position: int) -> Change:
    return Change(position, ChangeKind.EVENT, event.item_id, event=event)


def _erased_change(position: int, erasure: Erasure) -> Change:
    return Change(position, ChangeKind.ERASED, erasure=erasure)
