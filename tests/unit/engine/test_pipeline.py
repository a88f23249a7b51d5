"""What the pipeline does when parts fail, hang, or have nothing to say."""

import threading
from dataclasses import replace

import pytest

from zhanggui.core.candidate import Candidate, Dropped, Evidence
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import StoreError, UnknownNameError
from zhanggui.core.ids import Millis
from zhanggui.core.product import Product
from zhanggui.core.protocols import Proposal
from zhanggui.core.request import Request, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.pipeline import Parts, Pipeline, check_recipe, merge
from zhanggui.engine.rankers.given import GivenRanker
from zhanggui.engine.recipes import RECIPES, WEIGHTS, Fill, Recipe
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely
from zhanggui.state.memory import MemoryState

RECIPE = Recipe("test", ("a", "b"), "given", filters=("keep",), fallbacks=("last",), seconds=0.05, relaxed=("keep",))


class Says:
    def __init__(self, *items, total=None):
        self.items, self.total = items, total

    def propose(self, request, context):
        return Proposal([Candidate(i, (Evidence(str(self.items), 1.0),)) for i in self.items], self.total)


class Hangs:
    def __init__(self, gate):
        self.gate = gate

    def propose(self, request, context):
        self.gate.wait()
        return Proposal(())


class Fails:
    def propose(self, *args):
        raise ValueError("a plug-in with a mistake")

    divide = rank = tell = propose


class Drops:
    def __init__(self, *items):
        self.items = items

    def divide(self, request, context, candidates):
        dropped = [Dropped(c, "keep", "told so") for c in candidates if c.item in self.items]
        return [c for c in candidates if c.item not in self.items], dropped


class NoFacts:
    def tell(self, request, context, shown):
        return list(shown)


@pytest.fixture
def run():
    timely = Timely()
    store = MemoryStore()
    store.put_products([Product(f"i{n}") for n in range(9)])

    def go(sources, *, drop=(), recipe=RECIPE, offset=0, k=9, **parts):
        every = {name: Says() for name in ("a", "b", "last")} | sources
        everything = Parts(every, {"keep": Drops(*drop)}, {"given": GivenRanker()}, NoFacts())
        everything = replace(everything, **parts)
        clock = FixedClock(Millis(0))
        surfaces = {name for r in RECIPES.values() for name in (*r.sources, *r.fallbacks)}
        full = replace(
            everything,
            sources=dict.fromkeys(surfaces, Says()) | everything.sources,
            filters=dict.fromkeys(["allowed", "itself", "disliked", "seen"], Drops()) | dict(everything.filters),
            rankers=dict.fromkeys([*WEIGHTS, "fusion"], GivenRanker()) | dict(everything.rankers),
        )
        pipeline = Pipeline(
            full, state=MemoryState(clock), shelf=Shelf(store), clock=clock, timely=timely, recipe=lambda _: recipe
        )
        return pipeline.run(Request(Surface.FOR_YOU, k=k, offset=offset))

    yield go
    timely.close()


def ids(slate):
    return [candidate.item for candidate in slate.items]


def test_evidence_is_united(run):
    slate = run({"a": Says("i1", "i2"), "b": Says("i2")})
    assert ids(slate) == ["i1", "i2"] and len(slate.items[1].evidence) == 2


def test_a_failing_source_degrades_the_page(run):
    slate = run({"a": Fails(), "b": Says("i1")})
    assert ids(slate) == ["i1"] and slate.degraded == ("a",)


def test_a_hanging_source_degrades_the_page(run):
    gate = threading.Event()
    slate = run({"a": Hangs(gate), "b": Says("i1")})
    gate.set()
    assert ids(slate) == ["i1"] and slate.degraded == ("a",)


def test_failing_filters_and_rankers_and_facts_degrade_the_page(run):
    broken = Fails()
    slate = run({"a": Says("i1", "i2")}, filters={"keep": broken}, rankers={"given": broken}, facts=broken)
    assert ids(slate) == ["i1", "i2"]
    assert slate.degraded == ("filter:keep", "ranker:given", "facts")


def test_a_failing_store_degrades_the_page(run, monkeypatch):
    def fail(self, items):
        raise StoreError("gone")

    monkeypatch.setattr(Shelf, "get", fail)
    slate = run({"a": Says("i1", "i2")}, k=1)
    assert ids(slate) == ["i1"] and slate.degraded == ("store",)


def test_what_is_missing_comes_from_the_fallback_behind_the_rest(run):
    slate = run({"a": Says("i5"), "last": Says("i5", "i1", "i2")}, k=3)
    assert ids(slate) == ["i5", "i1", "i2"]
    scores = [candidate.score for candidate in slate.items]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3


def test_a_full_page_asks_no_fallback(run):
    assert run({"a": Says("i5"), "last": Fails()}, k=1).degraded == ()


def test_matches_are_not_padded(run):
    strict = replace(RECIPE, fill=Fill.WHEN_EMPTY)
    assert ids(run({"a": Says("i5", total=1), "last": Says("i1")}, recipe=strict)) == ["i5"]
    assert ids(run({"a": Says(total=0), "last": Says("i1")}, recipe=strict)) == ["i1"]
    assert ids(run({"a": Says(total=0), "last": Says("i1")}, recipe=strict, offset=3)) == []


def test_a_relaxed_filter_gives_way_to_an_empty_page_only(run):
    slate = run({"a": Says("i1", "i2")}, drop=("i1", "i2"))
    assert ids(slate) == ["i1", "i2"] and slate.dropped == ()
    slate = run({"a": Says("i1", "i2")}, drop=("i1",))
    assert ids(slate) == ["i2"] and [d.reason for d in slate.dropped] == ["told so"]


def test_pages_follow_each_other(run):
    sources = {"a": Says("i3", "i1"), "last": Says("i2", "i7", "i8")}
    whole = ids(run(sources))
    assert [*ids(run(sources, k=2)), *ids(run(sources, k=2, offset=2)), *ids(run(sources, k=2, offset=4))] == whole


def test_every_stage_is_timed(run):
    timings = run({"a": Says("i1")}).timings
    assert {"sources", "filter", "rank", "fallback", "arrange", "facts", "source:a"} <= set(timings)
    assert all(millis >= 0 for millis in timings.values())


def test_recipes_may_name_only_what_is_there():
    parts = Parts({}, {}, {}, NoFacts())
    with pytest.raises(UnknownNameError, match="No source named 'a'"):
        check_recipe(RECIPE, parts)


def test_merging_keeps_the_order_of_first_mention():
    merged = merge([Candidate("b", ()), Candidate("a", ()), Candidate("b", (Evidence("x", 1.0),))])
    assert [(c.item, len(c.evidence)) for c in merged] == [("b", 1), ("a", 0)]
