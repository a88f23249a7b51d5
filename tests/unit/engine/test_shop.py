import pytest

from zhanggui.core.errors import NotFoundError, StoreError
from zhanggui.core.event import EventType
from zhanggui.core.ids import HOUR
from zhanggui.core.request import Filters, Request, Sort, Surface

TEAS = ("green tea", "black tea", "tea mug", "motor oil", "engine oil", "bread")


def test_search_finds_what_was_typed(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    page = bench.shop.page(Request(Surface.SEARCH, query="tea"))
    assert [c.item for c in page.items] == ["i00", "i01", "i02"] and page.total == 3
    assert all(c.by("bm25") for c in page.items) and set(page.products) == {"i00", "i01", "i02"}
    assert not page.degraded


def test_meaning_finds_what_words_do_not(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS), meaning=True)
    page = bench.shop.page(Request(Surface.SEARCH, query="teaz"))
    assert page.items[0].item in {"i00", "i01", "i02"} and page.items[0].by("dense") and not page.items[0].by("bm25")


def test_a_search_without_a_match_shows_something_and_counts_none(make_bench, make_shelf):
    page = make_bench(make_shelf(*TEAS)).shop.page(Request(Surface.SEARCH, query="bicycle"))
    assert page.total == 0 and len(page.items) == 6 and page.items[0].by("newest")


def test_pages_behind_the_matches_are_empty(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    assert bench.ids(Surface.SEARCH, query="tea", offset=3) == []
    assert bench.ids(Surface.SEARCH, query="bicycle", offset=20) == []


def test_sorting_by_price_keeps_the_order_of_the_index(make_bench, make_product):
    bench = make_bench([make_product(f"i{n}", "tea", price=(7 * n) % 5) for n in range(5)])
    assert bench.ids(Surface.SEARCH, query="tea", sort=Sort.PRICE_UP) == ["i0", "i3", "i1", "i4", "i2"]


def test_browsing_shows_what_is_popular_first(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.act("ann", "i04")
    assert bench.ids(Surface.SEARCH) == ["i04", "i00", "i01", "i02", "i03", "i05"]


def test_filters_hold_on_every_surface(make_bench, make_product):
    bench = make_bench([make_product(f"i{n}", "tea", category=("food", "ab"[n % 2])) for n in range(6)])
    for n in range(6):
        bench.act("bob", f"i{n}")
    filters = Filters(categories=(("food", "b"),))
    for surface in Surface:
        shown = bench.ids(surface, user="ann", query="tea", item="i1", filters=filters)
        assert shown and set(shown) <= {"i1", "i3", "i5"}


def test_the_very_next_page_knows_the_last_click(make_bench, make_shelf):
    bench = make_bench(make_shelf(*[f"thing {n}" for n in range(30)], "green tea", "jasmine tea"), meaning=True)
    for n in range(12):
        bench.act("ann", f"i{n:02}", ago=48 * HOUR)
    before = bench.ids(Surface.FOR_YOU, user="ann", k=10)
    bench.act("ann", "i30")
    after = bench.ids(Surface.FOR_YOU, user="ann", k=10)
    assert "i31" not in before[:3] and "i31" in after[:3]
    bench.clock.advance(48 * HOUR)
    assert "i31" not in bench.ids(Surface.FOR_YOU, user="ann", k=10)[:3]


def test_three_clicks_without_vectors_find_what_shares_words(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.act("ann", "i03")
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert page.items[0].item == "i03" or page.items[0].item == "i04"
    oil = next(c for c in page.items if c.item == "i04")
    assert oil.evidence[0].source == "content" and oil.evidence[0].fact("item") == "i03"


def test_without_vectors_the_shelf_that_shares_words_is_similar(make_bench, make_product):
    titles = {"a": "green tea", "b": "black tea leaves", "c": "green tea bags", "d": "coffee", "e": "green paint"}
    bench = make_bench([make_product(i, t, category=("x",) if i == "e" else ("drinks",)) for i, t in titles.items()])
    page = bench.shop.page(Request(Surface.SIMILAR, item="a"))
    assert [c.item for c in page.items] == ["c", "b", "d", "e"]
    assert [round(c.by("content").score, 2) for c in page.items[:3]] == [0.67, 0.25, 0.0]
    assert page.items[3].by("newest")


def test_what_was_disliked_never_comes_and_what_was_bought_gives_way(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.act("ann", "i00", EventType.DISLIKE)
    bench.act("ann", "i01", EventType.PURCHASE)
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert {c.item for c in page.items} == {"i02", "i03", "i04", "i05"}
    assert {(d.candidate.item, d.filter) for d in page.dropped} >= {("i01", "seen")}


def test_what_was_only_viewed_may_return(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.act("ann", "i01", EventType.VIEW)
    assert "i01" in bench.ids(Surface.FOR_YOU, user="ann")


def test_rather_what_was_bought_than_an_empty_page(make_bench, make_shelf):
    bench = make_bench(make_shelf("tea", "mug"))
    for item in ("i00", "i01"):
        bench.act("ann", item, EventType.PURCHASE)
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert {c.item for c in page.items} == {"i00", "i01"} and not page.dropped


def test_a_product_is_not_similar_to_itself(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS), meaning=True)
    page = bench.shop.page(Request(Surface.SIMILAR, item="i03"))
    assert page.items[0].item == "i04" and "i03" not in [c.item for c in page.items] and "i03" in page.products


def test_trending_shows_what_rises(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.act("ann", "i05")
    page = bench.shop.page(Request(Surface.TRENDING))
    assert page.items[0].item == "i05" and page.items[0].by("trending").fact("users") == 1
    assert len(page.items) == 6


@pytest.mark.parametrize("meaning", [False, True])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_surface_works_in_a_shop_of_any_size(make_bench, make_shelf, count, meaning):
    bench = make_bench(make_shelf(*TEAS[:count]), meaning=meaning)
    bench.act("ann", "gone")
    for surface in Surface:
        for user in ("", "ann", "stranger"):
            page = bench.shop.page(Request(surface, user=user, query="tea", item="gone"))
            assert len(page.items) == count and not page.degraded


def test_a_shop_of_ids_only_recommends(make_bench, make_product):
    bench = make_bench([make_product(f"i{n}") for n in range(3)])
    bench.act("ann", "i2")
    assert bench.ids(Surface.TRENDING)[0] == "i2" and len(bench.ids(Surface.FOR_YOU, user="bob")) == 3


def test_products_come_and_go_at_once(make_bench, make_product):
    bench = make_bench()
    receipt = bench.shop.put_products([make_product("tea", "green tea")])
    assert receipt.written == 1 and bench.ids(Surface.SEARCH, query="tea") == ["tea"]
    bench.shop.put_products([make_product("tea", "green tea", price=3.0)])
    assert bench.shop.product("tea").price == 3.0
    bench.shop.remove_products(["tea"])
    assert bench.ids(Surface.SEARCH, query="tea") == [] and bench.shop.products(["tea"]) == {}
    with pytest.raises(NotFoundError, match="No product with id 'tea'"):
        bench.shop.product("tea")


def test_pages_are_written_down(make_bench, make_shelf, until):
    bench = make_bench(make_shelf(*TEAS))
    page = bench.shop.page(Request(Surface.SEARCH, user="ann", query="tea", k=2))
    until(lambda: bench.store.ranking(page.ranking_id) is not None)
    ranking = bench.store.ranking(page.ranking_id)
    assert ranking.items == ("i00", "i01") and ranking.propensities == (1.0, 1.0)
    assert (ranking.user_id, ranking.query, ranking.policy, ranking.release) == ("ann", "tea", "search", "base")
    assert ranking.scores == tuple(c.score for c in page.items) and ranking.time == bench.clock.now()


def test_every_page_has_an_id_of_its_own(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    assert len({bench.shop.page(Request(Surface.TRENDING)).ranking_id for _ in range(20)}) == 20


def test_health_history_and_users(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS), meaning=True)
    bench.act("ann", "i00")
    bench.act("bob", "i01")
    bench.act("bob", "i02")
    health = bench.shop.health()
    assert health.ready and health.release == "base" and health.totals.products == 6 and health.lag == 0
    assert (health.meaning.done, health.meaning.total) == (6, 6) and health.degraded == ()
    assert bench.shop.users(k=2) == ["bob", "ann"]
    assert [act.item for act in bench.shop.history("bob")] == ["i01", "i02"]


def test_closing_twice_is_once(make_bench, make_shelf):
    bench = make_bench(make_shelf(*TEAS))
    bench.shop.close()
    bench.shop.close()
    assert not bench.shop.health().ready


def test_what_was_counted_is_told_while_the_store_is_away(make_bench, make_shelf, monkeypatch):
    bench = make_bench(make_shelf(*TEAS))
    assert bench.shop.figures().lag == 0

    def away():
        raise StoreError("The Store does not answer.")

    monkeypatch.setattr(bench.store, "position", away)
    figures = bench.shop.figures()
    assert figures.lag is None and figures.products == len(TEAS)
