"""Proofs over a home that nobody has open: the Store against the ledger, the projections against a rebuild."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.crashing.ledger import BRANDS, CATEGORIES, WORDS, Ledger, Sent
from benchmarks.crashing.tables import Findings, Tables
from zhanggui.app.build import open_index
from zhanggui.app.settings import Settings
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import UserId
from zhanggui.core.passage import passage
from zhanggui.core.protocols import CatalogueIndex, Encoder, Store
from zhanggui.core.request import Filters, Sort
from zhanggui.data.release import tidy
from zhanggui.data.store import open_store
from zhanggui.encoders import VectorCache
from zhanggui.engine.opening import Ingredients, build_index, open_shop
from zhanggui.engine.shop import Shop
from zhanggui.engine.state_file import StateFile, load
from zhanggui.retrieval.fusion import DEFAULT
from zhanggui.retrieval.index.memory_index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState

ANALYSER = Analyser()

FILES = 400
"""More files than this in a small home are leftovers."""

ORPHANS = ("*.tmp", "*.part", ".new-*", ".making-*", ".CURRENT.new", ".tmp*")


def prove_store(store: Store, tables: Tables, ledger: Ledger, found: Findings) -> None:
    """Compare the Store with the ledger. Open batches that are there whole become acknowledged, others stay open."""
    _settle(tables, ledger, found)
    present = tables.events
    found.lost += [f"event {name}" for name in ledger.events.keys() - present.keys()]
    found.other += [f"event {name} was never sent" for name in present.keys() - ledger.events.keys()]
    for name, event in ledger.events.items():
        if name in present and present[name].what != (event["user_id"], event["item_id"], event["time"]):
            found.other.append(f"event {name} is {present[name].what}, sent was {event}")
    for item, product in ledger.products.items():
        if not tables.holds(item, product):
            found.lost.append(f"product {item} is {tables.bodies.get(item)}, acknowledged was {product}")
    if unknown := [item for item in tables.bodies if item not in ledger.products]:
        found.other.append(f"products never sent: {unknown[:5]}")
    _numbers(store, tables, ledger, found)


def _settle(tables: Tables, ledger: Ledger, found: Findings) -> None:
    for sent in list(ledger.open):
        if sent.events:
            new = [event["event_id"] for event in sent.events if event["event_id"] not in ledger.events]
            there = sum(name in tables.events for name in new)
            if 0 < there < len(new):
                found.other.append(f"half a batch: {there} of {len(new)} events")
            committed = bool(new) and there == len(new)
        else:
            committed = _changed(tables, ledger, sent, found)
        if committed:
            ledger.acknowledge(sent)


def _changed(tables: Tables, ledger: Ledger, sent: Sent, found: Findings) -> bool:
    last = dict(sent.changes)
    new = {item: product for item, product in last.items() if ledger.products.get(item) != product}
    there = sum(tables.holds(item, product) for item, product in new.items())
    if 0 < there < len(new):
        found.other.append(f"half a batch: {there} of {len(new)} changes of products")
    return bool(new) and there == len(new)


def _numbers(store: Store, tables: Tables, ledger: Ledger, found: Findings) -> None:
    counted = {
        "products": sum(body is not None for body in tables.bodies.values()),
        "events": len(tables.events),
        "users": len({row.what[0] for row in tables.events.values()}),
        "rankings": tables.rankings,
        "position": ledger.steps,
    }
    for name, number in counted.items():
        if tables.counters[name] != number:
            found.doubled.append(f"the counter {name} says {tables.counters[name]}, there are {number}")
    if tables.users != counted["users"]:
        found.doubled.append(f"{tables.users} users in their table, {counted['users']} in the events")
    feed = store.changes(0, limit=10_000_000)
    positions = [change.position for change in feed]
    if positions != sorted(set(positions)) or len(feed) != len(tables.events) + len(tables.bodies):
        found.doubled.append(f"the feed holds {len(feed)} changes with {len(set(positions))} positions")
    if positions and positions[-1] != ledger.steps:
        found.lost.append(f"the feed ends at {positions[-1]}, acknowledged were {ledger.steps} changes")
    for name, place in ledger.places.items():
        if tables.events[name].position != place:
            found.doubled.append(f"event {name} stood at {place}, now at {tables.events[name].position}")
    ledger.places = {name: row.position for name, row in tables.events.items()}


def prove_projections(settings: Settings, encoder: Encoder | None, *, now: int, found: Findings) -> None:
    """Open the home as the server does, and beside it projections made anew; both must say the same."""
    clock, analyser, home = FixedClock(now), ANALYSER, settings.home
    tidy(home)
    store = open_store(settings.text("store") or home / "shop.db")
    state = MemoryState(clock=clock)
    kept = StateFile(state, home / "state" / "online.npz")
    kept.open(store)
    index = open_index(home / "index", settings, analyser, dim=encoder.dim if encoder else 0)
    vectors = VectorCache(home / "vectors", encoder=encoder.name, dim=encoder.dim) if encoder else None
    given = Ingredients(
        store=store,
        index=index,
        state=state,
        clock=clock,
        fuse=DEFAULT,
        analyser=analyser,
        encoder=encoder,
        vectors=vectors,
        keep=(kept.save,),
        close=(index.close, *((vectors.close,) if vectors else ())),
    )
    with closing(open_shop(given)) as shop:
        fresh = MemoryState(clock=clock)
        load(fresh, store)
        rebuilt = MemoryIndex(analyser=analyser, dim=0)
        build_index(store, rebuilt)
        _compare_states(state, fresh, store, found)
        _compare_indexes(index, rebuilt, store, found)
        if shop.health().lag:
            found.differing.append(f"{shop.health().lag} changes of the feed are not applied")
        if encoder:
            _compare_vectors(shop, index, encoder, store, found)
    _leftovers(home, found)


def _compare_states(state: MemoryState, fresh: MemoryState, store: Store, found: Findings) -> None:
    everyone = 1_000_000
    if state.position != store.position():
        found.differing.append(f"the state is at {state.position}, the Store at {store.position()}")
    users = fresh.users(k=everyone)
    if sorted(users) != sorted(state.users(k=everyone)):
        found.differing.append("the state knows other users than a rebuild")
    for user in users:
        mine, theirs = state.history(UserId(user)), fresh.history(UserId(user))
        if sorted(mine, key=repr) != sorted(theirs, key=repr):
            found.differing.append(f"history of {user}: {len(mine)} acts, rebuilt {len(theirs)}")
    if state.popular(k=everyone) != fresh.popular(k=everyone):
        found.differing.append("popular differs from a rebuild")
    mine, theirs = dict(state.trending(k=everyone)), dict(fresh.trending(k=everyone))
    close = mine.keys() == theirs.keys() and np.allclose([mine[item] for item in theirs], list(theirs.values()))
    if not close:
        found.differing.append(f"trending differs from a rebuild: {len(mine)} and {len(theirs)} items")


def _compare_indexes(index: CatalogueIndex, rebuilt: CatalogueIndex, store: Store, found: Findings) -> None:
    items = sorted(change.item_id for change in store.changes(0, limit=10_000_000) if change.event is None)
    if len(index) != len(rebuilt) or len(index) != store.totals().products:
        found.differing.append(f"the index lists {len(index)} products, a rebuild {len(rebuilt)}")
    for filters in _filters():
        wrong = np.flatnonzero(index.allowed(items, filters) != rebuilt.allowed(items, filters))
        if len(wrong):
            found.differing.append(f"{filters} allows otherwise for {[items[row] for row in wrong[:5]]}")
    for query in ("", *WORDS):
        mine, theirs = (one.search(query, None, Filters(), limit=100_000) for one in (index, rebuilt))
        if sorted(mine.items) != sorted(theirs.items) or mine.total != theirs.total:
            found.differing.append(f"{query!r} finds {mine.total} products, in a rebuild {theirs.total}")
        if _plain(mine.facets) != _plain(theirs.facets):
            found.differing.append(f"{query!r} has other facets than in a rebuild")
    for sort in Sort:
        if sort is not Sort.RELEVANCE:
            orders = [_ordered(one, sort, store) for one in (index, rebuilt)]
            if orders[0] != orders[1]:
                found.differing.append(f"the order {sort} differs from a rebuild")


def _filters() -> Iterator[Filters]:
    yield Filters()
    yield Filters(in_stock=True)
    yield from (Filters(categories=(tuple(path.split(" > ")),)) for path in CATEGORIES)
    yield from (Filters(brands=(brand,)) for brand in BRANDS)
    yield from (Filters(price_min=float(low), price_max=low + 9.0) for low in range(0, 100, 10))
    yield from (Filters(attributes=(("size", (size,)),)) for size in "SML")


def _plain(facets: Sequence[object]) -> str:
    return json.dumps(sorted(repr(facet) for facet in facets))


def _ordered(index: CatalogueIndex, sort: Sort, store: Store) -> list[object]:
    """Return the sorted column as the index orders it; equal values have no order of their own."""
    items = index.search("", None, Filters(), sort=sort, limit=100_000).items
    known = store.products(items)
    return [(known[item].created_at if "new" in sort else known[item].price) for item in items]


def _compare_vectors(shop: Shop, index: CatalogueIndex, encoder: Encoder, store: Store, found: Findings) -> None:
    deadline = time.monotonic() + 60
    while (progress := shop.health().meaning).done < progress.total:
        if time.monotonic() > deadline:
            found.differing.append(f"after 60 s {progress.done} of {progress.total} vectors are there")
            return
        time.sleep(0.01)
    products = list(store.all_products())
    wanted = encoder.passages([passage(product) for product in products])
    for product, vector in zip(products, wanted, strict=True):
        kept = index.vector(product.item_id)
        if kept is None or not np.allclose(kept, vector, atol=2e-3):
            found.differing.append(f"the vector of {product.item_id} differs from its text's")


def _leftovers(home: Path, found: Findings) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    orphans = [path for pattern in ORPHANS for path in home.rglob(pattern)]
    if orphans:
        found.other.append(f"leftovers: {[str(path.relative_to(home)) for path in orphans[:5]]}")
    if len(files) > FILES:
        found.other.append(f"{len(files)} files in the home")
