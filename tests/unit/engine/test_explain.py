from zhanggui.core.event import EventType
from zhanggui.core.request import Surface


def test_where_an_item_stands_and_why(make_bench, make_shelf):
    bench = make_bench(make_shelf(*[f"tea {n}" for n in range(30)]), meaning=True)
    bench.act("ann", "i07")
    page = bench.ids(Surface.FOR_YOU, user="ann", k=20)
    for rank, item in enumerate(page):
        explanation = bench.shop.explain("ann", item)
        assert (explanation.shown, explanation.rank, explanation.dropped) == (True, rank, None)
        assert explanation.candidate.evidence and item in explanation.products
    behind = bench.ids(Surface.FOR_YOU, user="ann", k=1, offset=25)
    explanation = bench.shop.explain("ann", behind[0])
    assert explanation.rank == 25 and not explanation.shown


def test_what_dropped_an_item(make_bench, make_shelf, make_product):
    bench = make_bench([*make_shelf("tea", "mug", "cup"), make_product("off", available=False)])
    bench.act("ann", "i00", EventType.PURCHASE)
    bench.act("ann", "i01", EventType.DISLIKE)

    def dropped(item):
        explanation = bench.shop.explain("ann", item)
        assert not explanation.shown and explanation.rank is None
        return explanation.dropped.filter, explanation.dropped.reason

    assert dropped("i00") == ("seen", "bought already")
    assert dropped("i01") == ("disliked", "disliked")
    assert dropped("off") == ("allowed", "not for sale")
    assert dropped("never heard of") == ("allowed", "not for sale")


def test_explaining_writes_no_ranking(make_bench, make_shelf):
    bench = make_bench(make_shelf("tea"))
    bench.shop.explain("ann", "i00")
    bench.shop.close()
    assert bench.store.totals().rankings == 0
