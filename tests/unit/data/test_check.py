import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY
from zhanggui.core.product import Product
from zhanggui.data.check import Status, check
from zhanggui.data.store import MemoryStore

NOW = 20_000 * DAY


def looked_over(products=(), events=()):
    store = MemoryStore()
    store.put_products(products)
    store.put_events(events)
    return {finding.name: finding for finding in check(store, clock=FixedClock(NOW))}


def good_products(n=10):
    return [Product(str(i), title=f"茶 {i}", category=("food",), price=1.0) for i in range(n)]


def good_events(users=6, days=40):
    acts = [(user, day) for user in range(users) for day in range(days)]
    kind = EventType.PURCHASE
    return [Event(f"{u}/{d}", f"u{u}", kind, NOW - (days - d) * DAY, str(d % 10)) for u, d in acts]


def test_a_good_shop_passes_every_check():
    found = looked_over(good_products(), good_events(users=30))
    assert {finding.status for finding in found.values()} == {Status.PASS} and len(found) == 13
    assert all(not finding.cure for finding in found.values())


def test_an_empty_shop_fails_and_says_what_to_do():
    found = looked_over()
    assert list(found) == ["content"] and found["content"].status is Status.FAIL
    assert "zhanggui import products" in found["content"].cure


def test_a_shop_of_one_kind_is_warned_only():
    assert looked_over(good_products())["content"].status is Status.WARN
    assert looked_over((), good_events())["content"].status is Status.WARN


PLANTED = {
    "titles": (Status.FAIL, lambda p, e: ([Product(x.item_id) for x in p], e)),
    "different titles": (Status.WARN, lambda p, e: ([Product(x.item_id, title="茶") for x in p], e)),
    "categories": (Status.WARN, lambda p, e: ([Product(x.item_id, title=x.title) for x in p], e)),
    "prices": (Status.WARN, lambda p, e: ([Product(x.item_id, title=x.title) for x in p], e)),
    "prices above zero": (Status.WARN, lambda p, e: ([*p, Product("free", title="gift", price=0.0)], e)),
    "languages": (Status.WARN, lambda p, e: ([Product(x.item_id, title=str(i)) for i, x in enumerate(p)], e)),
    "types": (Status.WARN, lambda p, e: (p, [Event(x.event_id, x.user_id, "view", x.time, x.item_id) for x in e])),
    "known items": (Status.FAIL, lambda p, e: (p[:1], e)),
    "times": (Status.WARN, lambda p, e: (p, [*e, Event("far", "u0", EventType.VIEW, NOW + 1, "1")])),
    "span": (Status.WARN, lambda p, e: (p, [x for x in e if x.time > NOW - 9 * DAY])),
    "robots": (Status.WARN, lambda p, e: (p, e + [Event(f"r{n}", "r", EventType.VIEW, NOW, "1") for n in range(1000)])),
    "histories": (Status.WARN, lambda p, e: (p, e[:1])),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name):
    status, spoil = PLANTED[name]
    events = [Event(e.event_id, e.user_id, EventType(e.type), e.time, e.item_id) for e in good_events()]
    products, events = spoil(good_products(), events)
    events = [Event(e.event_id, e.user_id, EventType(e.type), e.time, e.item_id) for e in events]
    finding = looked_over(products, events)[name]
    assert finding.status is status and finding.cure and finding.fact


def test_times_that_are_mostly_wrong_fail():
    early = [Event(e.event_id, e.user_id, e.type, 0, e.item_id) for e in good_events()]
    finding = looked_over(good_products(), early)["times"]
    assert finding.status is Status.FAIL and finding.value == len(early)
