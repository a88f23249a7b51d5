"""Queries, and the items that shoppers took from them."""

from collections.abc import Iterator
from dataclasses import dataclass

from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY, MINUTE, ItemId, Millis, UserId
from zhanggui.core.protocols import Store
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.words import folded

WINDOW = 30 * MINUTE
"""How long after a search an act may still come from it: the usual bound of a visit."""

REMEMBERED = DAY
"""How long a click explains that the same shopper buys the same item."""

WEIGHTS = {
    EventType.VIEW: 1.0,
    EventType.CLICK: 1.0,
    EventType.FAVOURITE: 2.0,
    EventType.LIKE: 2.0,
    EventType.CART: 2.0,
    EventType.PURCHASE: 3.0,
}
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search: what was typed, when, and in which session."""

    query: str
    time: Millis
    session: str


def query_pairs(store: Store, texts: Texts, *, until: Millis, window: int = WINDOW) -> list[Pair]:
    """Return (query → item taken) from events before `until`, by time; one pair for a shopper, query and item.

    The query is the event's own; else that of the page it was on; else, where neither is told, that of the shopper's
    latest search, no longer than `window` ms ago and not of another session. Who buys what a query led to within a day
    buys it for that query, so a long checkout is not laid at the door of the last search. A plain view says nothing
    without a query of its own or a page. The strongest act gives weight and time.
    """
    best: dict[tuple[UserId, str, ItemId], Pair] = {}
    for event, query in _taken(store, until, window):
        text = texts.passages.get(event.item_id)
        if text is None or not folded(query):
            continue
        pair = Pair(query, text, event.item_id, PairKind.QUERY, event.time, WEIGHTS[event.type])
        key = (event.user_id, folded(query), event.item_id)
        known = best.get(key)
        if known is None or pair.weight > known.weight:
            best[key] = pair
    return sorted(best.values(), key=lambda pair: (pair.time or 0, pair.item, pair.left))


def _events_before(store: Store, until: Millis) -> list[Event]:
    """Return what shoppers who ever asked for something did before a moment, by time, ties in order of arrival.

    The feed is read twice, so that a shop's millions of other events are never held in memory.
    """
    askers = {e.user_id for e in _feed(store, until) if e.type is EventType.SEARCH or e.query or e.ranking_id}
    if not askers:
        return []
    return sorted((e for e in _feed(store, until) if e.user_id in askers), key=lambda event: event.time)


def _feed(store: Store, until: Millis) -> Iterator[Event]:
    """Yield searches and acts before a moment, page by page, in order of arrival."""
    position = 0
    while page := store.changes(position, limit=_PAGE):
        for change in page:
            event = change.event
            if event is not None and event.time < until and (event.type in WEIGHTS or event.type is EventType.SEARCH):
                yield event
        position = page[-1].position


def _taken(store: Store, until: Millis, window: int) -> Iterator[tuple[Event, str]]:
    """Yield acts with the query that led to them, by time."""
    asked: dict[UserId, _Asked] = {}
    led: dict[tuple[UserId, ItemId], _Asked] = {}
    pages: dict[str, str | None] = {}
    for event in _events_before(store, until):
        if event.type is EventType.SEARCH:
            asked[event.user_id] = _Asked(event.query.strip(), event.time, event.session_id)
        elif event.type in WEIGHTS:
            query = _told(store, event, pages)
            if query is None:
                query = _earlier(led.get((event.user_id, event.item_id)), event)
            if query is None and event.type is not EventType.VIEW:
                query = _latest(asked.get(event.user_id), event, window)
            if query:
                led[event.user_id, event.item_id] = _Asked(query, event.time, event.session_id)
                yield event, query


def _told(store: Store, event: Event, pages: dict[str, str | None]) -> str | None:
    """Return the query that the event or its page names, "" for a page without one, None where nothing is told."""
    if event.query.strip():
        return event.query.strip()
    if not event.ranking_id:
        return None
    if event.ranking_id not in pages:
        ranking = store.ranking(event.ranking_id)
        pages[event.ranking_id] = None if ranking is None else ranking.query.strip()
    return pages[event.ranking_id]


def _earlier(click: _Asked | None, event: Event) -> str | None:
    return click.query if click is not None and event.time - click.time <= REMEMBERED else None


def _latest(search: _Asked | None, event: Event, window: int) -> str | None:
    if search is None or event.time - search.time > window:
        return None
    other = search.session and event.session_id and search.session != event.session_id
    return None if other else search.query
