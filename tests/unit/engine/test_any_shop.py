"""What holds of every page of every shop, whatever it sells and whatever its shoppers did."""

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhanggui.core.event import EventType
from zhanggui.core.ids import HOUR
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface

ITEMS = [f"i{n}" for n in range(8)]
CATALOGUE = st.lists(
    st.builds(
        Product,
        item_id=st.sampled_from(ITEMS),
        title=st.sampled_from(["", "green tea", "tea mug", "motor oil"]),
        category=st.sampled_from([(), ("food",), ("food", "tea")]),
        group_id=st.sampled_from(["", "g"]),
        available=st.booleans(),
    ),
    unique_by=lambda p: p.item_id,
    max_size=8,
)
KINDS = [EventType.VIEW, EventType.PURCHASE, EventType.DISLIKE, EventType.LIKE, EventType.RETURN]
ACTS = st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.sampled_from(ITEMS), st.sampled_from(KINDS)), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(catalogue=CATALOGUE, acts=ACTS, item=st.sampled_from(["", *ITEMS]), query=st.sampled_from(["", "tea", "zebra"]))
def test_every_page_keeps_the_promises(make_bench, catalogue, acts, item, query):
    bench = make_bench(catalogue)
    for place, (user, thing, kind) in enumerate(acts):
        bench.act(user, thing, kind, ago=(len(acts) - place) * HOUR)
    sold = {p.item_id: p for p in catalogue if p.available}
    last = {
        thing: kind for user, thing, kind in acts if user == "ann" and kind not in {EventType.VIEW, EventType.RETURN}
    }
    away = {thing for thing, kind in last.items() if kind is EventType.DISLIKE}
    for surface in Surface:
        page = bench.shop.page(Request(surface, user="ann", item=item, query=query))
        shown = [candidate.item for candidate in page.items]
        hidden = (away if surface is not Surface.SEARCH else set()) | (
            {item} if surface in {Surface.SIMILAR, Surface.BOUGHT_TOGETHER} else set()
        )
        assert not page.degraded and len(shown) == len(set(shown)) and set(shown) <= set(sold) - hidden
        assert bool(shown) == bool(set(sold) - hidden)
        groups = [sold[one].group_id for one in shown if sold[one].group_id]
        assert len(groups) == len(set(groups))
        assert all(candidate.evidence for candidate in page.items)
        assert {e.fact("item") for c in page.items for e in c.evidence} - {None} <= set(page.products) | {
            thing for _, thing, _ in acts
        }
        paged = [one for offset in range(0, len(shown) + 2, 2) for one in _page(bench, surface, item, query, offset)]
        assert paged == shown
    bench.shop.close()


def _page(bench, surface, item, query, offset):
    return bench.ids(surface, user="ann", item=item, query=query, k=2, offset=offset)


def test_pages_while_everything_changes(make_bench, make_product):
    bench = make_bench([make_product(f"i{n}", "green tea") for n in range(30)], meaning=True)
    troubles = []

    def shopper(name):
        for n in range(25):
            for surface in (Surface.FOR_YOU, Surface.SEARCH, Surface.SIMILAR):
                page = bench.shop.page(Request(surface, user=name, query="tea", item=f"i{n}"))
                if page.degraded or not page.items:
                    troubles.append((name, page))
            bench.act(name, f"i{n}")

    def keeper():
        for n in range(25):
            bench.shop.put_products([make_product(f"new{n}", "black tea"), make_product(f"i{n}", "tea", price=n)])
            bench.shop.remove_products([f"new{n - 3}"])

    threads = [threading.Thread(target=shopper, args=(f"u{n}",)) for n in range(4)]
    threads.append(threading.Thread(target=keeper))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    assert all(len(bench.shop.history(f"u{n}")) == 25 for n in range(4))
