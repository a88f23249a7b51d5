"""A small shop, and acts in it written shortly."""

import pytest

from zhanggui.core.event import Event
from zhanggui.core.product import Product
from zhanggui.data.examples.texts import Texts
from zhanggui.data.store import MemoryStore

SHELF = (
    Product("tea", title="green tea", group_id="teas"),
    Product("tea2", title="green tea 2 pack", group_id="teas"),
    Product("mug", title="white mug"),
    Product("mug-twin", title="white mug"),
    Product("pot", title="iron pot", description="for the stove"),
    Product("silent"),
)


@pytest.fixture
def shop():
    """Return (store, texts) of the shelf after some acts, each a dict of what an Event takes."""

    def call(*acts, rankings=()):
        store = MemoryStore()
        store.put_products(SHELF)
        defaults = {"user_id": "ann", "item_id": ""}
        store.put_events(Event(**{"event_id": str(n), **defaults, **act}) for n, act in enumerate(acts))
        store.put_rankings(rankings)
        return store, Texts.of(store.all_products())

    return call
