"""Sources and facts over a model that has learned from a planted log."""

import numpy as np
import pytest

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, HOUR, MINUTE
from zhanggui.core.protocols import Act, Context
from zhanggui.core.request import Filters, Request, Surface
from zhanggui.engine.facts import times
from zhanggui.engine.filters.own import disliked
from zhanggui.engine.interests import interests, rows_of
from zhanggui.engine.learned import Learned
from zhanggui.engine.related import ByShoppers, top_rows
from zhanggui.engine.sources.collaborative import CollaborativeSource
from zhanggui.engine.sources.session import SessionSource
from zhanggui.models.blend import Blend
from zhanggui.models.item_knn import ItemKnn
from zhanggui.state.checks import NOW, event, log_of

FOR_YOU = Request(Surface.FOR_YOU)


def learned():
    """Tea goes with mugs, oil with filters; everybody buys bread."""
    pairs = [("tea", "mug"), ("oil", "filter")]
    events = [
        event(f"u{side}{n}", item, kind=EventType.PURCHASE, age=DAY * (n + 1))
        for side, pair in enumerate(pairs)
        for n in range(6)
        for item in (*pair, "bread")
    ]
    knn = ItemKnn(shrinkage=0.5).fit(log_of(events))
    blend = Blend([knn])
    blend.items_ = knn.items_
    return Learned(blend=blend, members={"knn": knn}, neighbours=knn, together=knn)


@pytest.fixture
def bench(make_bench, make_product):
    names = ["bread", "filter", "mug", "oil", "tea", *(f"other {n}" for n in range(20))]
    return make_bench([make_product(name) for name in names], learned=learned())


def test_shoppers_with_a_like_history_speak(bench):
    bench.act("ann", "tea", EventType.PURCHASE, ago=3 * DAY)
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert [c.item for c in page.items[:2]] == ["mug", "bread"]
    mug = page.items[0]
    assert [e.source for e in mug.evidence[:2]] == ["blend", "knn"]
    assert mug.by("knn").fact("item") == "tea" and mug.by("knn").fact("users") == 6 and "tea" in page.products


def test_what_is_new_is_proposed_though_all_that_was_bought_stands_before_it():
    source = CollaborativeSource(learned().blend, k=1, fresh=1)

    def proposed(*items):
        history = [Act(item, EventType.PURCHASE, time) for time, item in enumerate(items)]
        return [c.item for c in source.propose(FOR_YOU, Context(NOW, history)).candidates]

    assert proposed("tea", "mug", "bread", "oil") == ["bread", "filter"]
    assert proposed("tea") == ["mug"]


def test_facts_are_told_for_what_is_shown_only(bench):
    bench.act("ann", "tea", EventType.PURCHASE, ago=3 * DAY)
    calls, knn = [], bench.shop.serving.pipeline._parts.facts.members["knn"]
    plain = knn.because
    knn.because = lambda history, row: calls.append(row) or plain(history, row)
    bench.shop.page(Request(Surface.FOR_YOU, user="ann", k=1))
    assert len(calls) == 1


def test_the_last_click_leads_the_next_page_then_fades(bench):
    for n in range(10):
        bench.act("ann", f"other {n}", EventType.PURCHASE, ago=5 * DAY)
    bench.act("ann", "tea", EventType.PURCHASE, ago=5 * DAY)
    assert bench.ids(Surface.FOR_YOU, user="ann")[0] == "mug"
    bench.act("ann", "oil")
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert [c.item for c in page.items[:3]] == ["bread", "filter", "mug"]
    assert page.items[1].evidence[-1].fact("item") == "oil" and page.items[1].evidence[-1].fact("recent") == 1.0
    bench.clock.advance(7 * HOUR)
    page = bench.shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert all(e.fact("recent") is None for c in page.items for e in c.evidence)


def test_similar_and_bought_together_name_the_product_and_the_count(bench):
    for surface, source in ((Surface.SIMILAR, "knn"), (Surface.BOUGHT_TOGETHER, "bought_together")):
        page = bench.shop.page(Request(surface, item="oil"))
        assert page.items[0].item == "filter"
        evidence = page.items[0].by(source)
        assert evidence.fact("item") == "oil" and evidence.fact("users") == 6
        assert "oil" in page.products


def test_recency_halves_every_half_hour_and_ends_with_the_window():
    source = SessionSource([ByShoppers(learned().neighbours)], half_life=30 * MINUTE, window=2 * HOUR)

    def recent(age):
        proposed = source.propose(FOR_YOU, Context(NOW, [Act("tea", EventType.CLICK, NOW - age)])).candidates
        return [candidate.evidence[0].fact("recent") for candidate in proposed]

    assert recent(0) == [1.0, 1.0] and recent(30 * MINUTE) == [0.5, 0.5]
    assert recent(2 * HOUR) == [0.0625, 0.0625] and recent(2 * HOUR + 1) == []


def test_a_model_says_nothing_of_what_it_does_not_know():
    assert ByShoppers(learned().neighbours).of("never heard of", Filters(), k=5) == []
    assert [c.item for c in ByShoppers(learned().neighbours).of("tea", Filters(), k=1)] == ["mug"]


def test_top_rows_agree_with_a_full_sort():
    rng = np.random.default_rng(1)
    for k in (1, 5, 50):
        scores = rng.integers(0, 9, 40).astype(np.float32)
        scores[rng.integers(0, 40, 12)] = -np.inf
        rows = [r for r in np.lexsort((np.arange(40), -scores)) if scores[r] > -np.inf][:k]
        assert top_rows(scores, k) == [(int(r), float(scores[r])) for r in rows]


def acts(*pairs):
    return [Act(item, kind, time) for time, (item, kind) in enumerate(pairs)]


class TestInterests:
    def test_the_latest_first_each_once_with_the_sum(self):
        history = acts(("a", EventType.CLICK), ("b", EventType.PURCHASE), ("a", EventType.CART))
        assert [(one.item, one.time, one.weight) for one in interests(history, limit=9)] == [
            ("a", 2, 3.0),
            ("b", 1, 3.0),
        ]

    def test_the_last_word_decides(self):
        history = acts(("a", EventType.LIKE), ("b", EventType.DISLIKE), ("a", EventType.DISLIKE), ("b", EventType.LIKE))
        assert [one.item for one in interests(history, limit=9)] == ["b"]

    def test_no_more_than_asked_for(self):
        history = acts(*((name, EventType.CLICK) for name in "abcdef"))
        assert [one.item for one in interests(history, limit=2)] == ["f", "e"]


def test_rows_leave_out_what_a_model_does_not_know():
    history = acts(("tea", EventType.CLICK), ("unknown", EventType.CART), ("mug", EventType.PURCHASE))
    model = learned().neighbours
    rows = rows_of(history, model.items_)
    assert [model.items_.ids[row] for row in rows.item] == ["tea", "mug"] and rows.time.tolist() == [0, 2]
    assert rows.type.tolist() == [EventType.CLICK.code, EventType.PURCHASE.code]


def test_a_dislike_holds_until_it_is_taken_back():
    history = acts(("a", EventType.DISLIKE), ("b", EventType.DISLIKE), ("b", EventType.VIEW), ("a", EventType.CART))
    assert disliked(history) == {"b"}


def test_times_count_purchases():
    history = acts(("a", EventType.PURCHASE), ("a", EventType.CLICK), ("a", EventType.PURCHASE))
    assert times(history, "a") == 2 and times(history, "b") == 0
