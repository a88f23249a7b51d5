"""Readers of the change feed who catch up when they like, in steps of any size, end where the truth is."""

import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.property.pace import new_store, pace
from zhanggui.core.erasure import named
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.core.protocols import ChangeKind
from zhanggui.data.store import MemoryStore, erasing

USERS = ["a", "b", "茶"]
ITEMS = st.sampled_from(["x", "y", "z"])
EVENTS = st.builds(
    lambda serial, user, time, anonymous: Event(serial, user, EventType.VIEW, time, "x", anonymous_id=anonymous),
    st.integers(0, 30).map(str),
    st.sampled_from(USERS),
    st.integers(0, 9),
    st.sampled_from(["", "", *USERS]),
)


class Reader:
    """What a projection is: it applies the feed, and starts anew where an erasure does not say whom."""

    def __init__(self):
        self.position = 0
        self.products, self.events = {}, {}

    def catch_up(self, store, *, limit):
        changes = store.changes(self.position, limit=limit)
        assert len(changes) <= limit
        for change in changes:
            assert change.position > self.position
            self.position = change.position
            self.take(change, store)
        return bool(changes)

    def take(self, change, store):
        if change.kind is ChangeKind.ERASED:
            self.erase(change.erasure, store)
        elif change.kind is ChangeKind.EVENT:
            self.events[change.event.event_id] = change.event
        elif change.kind is ChangeKind.REMOVED:
            self.products.pop(change.item_id, None)
        else:
            self.products[change.item_id] = change.product

    def erase(self, erasure, store):
        gone = named([erasure], {event.user_id for event in self.events.values()})
        if erasure.before is not None:
            self.events = {n: e for n, e in self.events.items() if e.time >= erasure.before}
        elif erasure.digest:
            self.events = {n: e for n, e in self.events.items() if e.user_id not in gone}
        else:
            feed = store.changes(0, limit=10_000)
            self.events = {c.event.event_id: c.event for c in feed if c.event and c.position <= self.position}


class Feed(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = MemoryStore()
        self.products, self.events = {}, {}
        self.readers = [Reader(), Reader()]
        self.position = 0

    @initialize(real=st.booleans())
    def open(self, real):
        if real:
            self.store = new_store(Path(self.folder.name) / "shop.db")

    def teardown(self):
        for reader in self.readers:
            while reader.catch_up(self.store, limit=3):
                pass
            assert reader.products == self.products and reader.events == self.events
            assert reader.position == self.store.position()
        self.store.close()
        self.folder.cleanup()

    @rule(item=ITEMS, stock=st.integers(0, 3))
    def put_product(self, item, stock):
        self.products[item] = Product(item, stock=stock)
        self.store.put_products([self.products[item]])

    @rule(item=ITEMS)
    def remove_product(self, item):
        self.products.pop(item, None)
        self.store.remove_products([item])

    @rule(events=st.lists(EVENTS, max_size=6))
    def put_events(self, events):
        for event in events:
            self.events.setdefault(event.event_id, event)
        self.store.put_events(events)

    @rule(user=st.sampled_from(USERS), at_once=st.integers(1, 3))
    def erase(self, user, at_once):
        self.events = {n: e for n, e in self.events.items() if user not in (e.user_id, e.anonymous_id)}
        if isinstance(self.store, MemoryStore):
            self.store.erase_users([user])
        else:
            erasing.erase_users(self.store._writing, [user], at_once=at_once)

    @rule(moment=st.integers(0, 10), at_once=st.integers(1, 3))
    def forget(self, moment, at_once):
        self.events = {n: e for n, e in self.events.items() if e.time >= moment}
        if isinstance(self.store, MemoryStore):
            self.store.forget_before(moment)
        else:
            erasing.forget_before(self.store._reading, self.store._writing, moment, at_once=at_once)

    @rule(which=st.integers(0, 1), limits=st.lists(st.integers(1, 5), min_size=1, max_size=4))
    def read_on(self, which, limits):
        for limit in limits:
            self.readers[which].catch_up(self.store, limit=limit)

    @invariant()
    def counts_are_right_and_positions_rise(self):
        totals = self.store.totals()
        assert totals.products == len(self.products) and totals.events == len(self.events)
        assert totals.users == len({event.user_id for event in self.events.values()})
        assert self.store.position() >= self.position
        self.position = self.store.position()


TestFeed = Feed.TestCase
TestFeed.settings = pace(examples=30, steps=20)
