"""SqlStore and MemoryStore go through the same random life and never differ."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.property.pace import new_store, pace
from zhanggui.core.candidate import Ranking
from zhanggui.core.erasure import named
from zhanggui.core.event import TYPES, Event, EventType
from zhanggui.core.product import Product
from zhanggui.core.request import Surface
from zhanggui.data.store import MemoryStore, open_store

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
NAMES = ["a", "b", "B", "é", "茶", "a b"]
NAME = st.sampled_from(NAMES)
MAYBE = st.sampled_from(["", "1", "2"])
NUMBER = st.none() | st.floats(-1e6, 1e6)
PRODUCTS = st.builds(
    Product,
    NAME,
    title=TEXT,
    category=st.lists(TEXT, max_size=2).map(tuple),
    price=NUMBER,
    attributes=st.dictionaries(TEXT, st.lists(TEXT, max_size=2).map(tuple), max_size=2),
    stock=st.none() | st.integers(0, 2),
    available=st.booleans(),
)
EVENTS = st.builds(
    Event,
    st.integers(0, 20).map(str),
    NAME,
    st.sampled_from(TYPES),
    st.integers(-5, 5),
    MAYBE,
    anonymous_id=st.sampled_from(["", "", "a", "茶"]),
    order_id=MAYBE,
    session_id=MAYBE,
    query=TEXT,
    position=st.none() | st.integers(0, 3),
    value=NUMBER,
    consent=st.none() | st.booleans(),
)
FLOATS = st.lists(st.floats(0, 1), max_size=3).map(tuple)
RANKINGS = st.builds(Ranking, NAME, st.sampled_from(Surface), st.integers(0, 9), st.just(()), FLOATS, FLOATS, NAME)


def plain(change):
    """Return a change with the names that its erasure stands for: each Store has a salt of its own."""
    if change.erasure is None:
        return change
    return change.position, named([change.erasure], NAMES), change.erasure.before


class Stores(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "shop.db"
        self.sql, self.memory = new_store(self.path), MemoryStore()

    def teardown(self):
        self.sql.close()
        self.folder.cleanup()

    def same(self, call):
        assert call(self.sql) == call(self.memory)

    @rule(products=st.lists(PRODUCTS, max_size=4))
    def put_products(self, products):
        self.same(lambda store: store.put_products(products))

    @rule(items=st.lists(NAME, max_size=3))
    def remove_products(self, items):
        self.same(lambda store: store.remove_products(items))

    @rule(events=st.lists(EVENTS, max_size=5))
    def put_events(self, events):
        self.same(lambda store: store.put_events(events))

    @rule(rankings=st.lists(RANKINGS, max_size=2))
    def put_rankings(self, rankings):
        self.same(lambda store: store.put_rankings(rankings))

    @rule(ranking=NAME)
    def ask_ranking(self, ranking):
        self.same(lambda store: store.ranking(ranking))

    @rule(items=st.lists(NAME, max_size=3), user=NAME, limit=st.integers(0, 4))
    def ask(self, items, user, limit):
        self.same(lambda store: store.products(items))
        self.same(lambda store: store.events_of(user, limit=limit))

    @rule(after=st.integers(0, 20), limit=st.integers(1, 5))
    def follow(self, after, limit):
        self.same(lambda store: [plain(change) for change in store.changes(after, limit=limit)])

    @rule(users=st.lists(NAME, max_size=2))
    def erase(self, users):
        self.same(lambda store: store.erase_users(users))

    @rule(moment=st.integers(-5, 6))
    def forget(self, moment):
        self.same(lambda store: store.forget_before(moment))

    @rule(users=st.lists(NAME, max_size=2))
    def scrub(self, users):
        self.sql.scrub(users)

    @rule(
        until=st.none() | st.integers(-5, 5),
        types=st.sets(st.sampled_from(EventType), max_size=3).map(tuple),
        up_to=st.none() | st.integers(0, 30),
    )
    def columns(self, until, types, up_to):
        asked = {"until": until, "types": types, "up_to": up_to}
        ours, oracle = (store.interactions(**asked) for store in (self.sql, self.memory))
        assert ours.users.ids == oracle.users.ids and ours.items.ids == oracle.items.ids
        for name in ("user", "item", "time", "type", "basket"):
            assert getattr(ours, name).dtype == getattr(oracle, name).dtype
            np.testing.assert_array_equal(getattr(ours, name), getattr(oracle, name))

    @rule()
    def reopen(self):
        self.sql.close()
        self.sql = open_store(self.path)
        self.memory._erased_lately = set(), set()  # whoever opens a Store has no pages waiting

    @invariant()
    def agree(self):
        self.same(lambda store: (store.position(), store.totals(), list(store.all_products())))


TestStores = Stores.TestCase
TestStores.settings = pace(examples=30, steps=15)
