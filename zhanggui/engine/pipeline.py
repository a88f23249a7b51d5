"""Turn a request into a slate: propose, merge, filter, rank, fall back, arrange, cut, tell why."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from zhanggui.core.candidate import Candidate, Dropped, Facet
from zhanggui.core.clock import Clock
from zhanggui.core.errors import UnknownNameError
from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import Context, Filter, OnlineState, Proposal, Ranker, Source
from zhanggui.core.request import Request
from zhanggui.engine.arrange import Arrangement
from zhanggui.engine.recipes import RECIPES, Fill, Recipe, recipe_for
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely

T = TypeVar("T")


class Facts(Protocol):
    """Add to the evidence of the few items shown what is too costly for all candidates."""

    def tell(self, request: Request, context: Context, shown: Sequence[Candidate]) -> list[Candidate]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that recipes name."""

    sources: Mapping[str, Source]
    filters: Mapping[str, Filter]
    rankers: Mapping[str, Ranker]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Slate:
    """What the pipeline made of a request. `items` are those of the page asked for, in order."""

    recipe: str
    items: tuple[Candidate, ...]
    total: int
    facets: tuple[Facet, ...]
    dropped: tuple[Dropped, ...]
    degraded: tuple[str, ...]
    timings: Mapping[str, float]


Watch = Callable[[Request, Slate], None]
"""Is told of every page and how long its parts took."""


def unwatched(request: Request, slate: Slate) -> None:
    """Look away."""


@dataclass(slots=True)
class _Work:
    """What is known while one request is on its way."""

    request: Request
    context: Context
    recipe: Recipe
    degraded: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    ranked: int = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + (time.perf_counter() - started) * 1000


class Pipeline:
    """Fill pages by recipe. A part that fails or is late is named in `degraded`; it never fails the page."""

    def __init__(
        self,
        parts: Parts,
        *,
        state: OnlineState,
        shelf: Shelf,
        clock: Clock,
        timely: Timely,
        recipe: Callable[[Request], Recipe] = recipe_for,
        watch: Watch = unwatched,
    ) -> None:
        self._parts, self._state, self._shelf, self._watch = parts, state, shelf, watch
        self._clock, self._timely, self._recipe = clock, timely, recipe
        for known in RECIPES.values():
            check_recipe(known, parts)

    def run(self, request: Request) -> Slate:
        """Return the page asked for."""
        work = self._begin(request)
        placed = self._arranged(work, need=request.offset + request.k, deep=request.offset + request.k)
        with work.stage("facts"):
            shown = self._told(work, placed[request.offset :])
        matched = next((p.total for p in work.proposals if p.total is not None), work.ranked)
        facets = next((p.facets for p in work.proposals if p.facets), ())
        degraded = tuple(dict.fromkeys(work.degraded))
        slate = Slate(work.recipe.name, shown, matched, facets, tuple(work.dropped), degraded, work.timings)
        self._watch(request, slate)
        return slate

    def standing(self, request: Request, item: ItemId) -> tuple[int | None, Candidate | None, Dropped | None]:
        """Return where an item stands in the whole list (0-based), as which candidate, or how it was dropped."""
        work = self._begin(request)
        for rank, candidate in enumerate(self._arranged(work, need=request.offset + request.k, deep=sys.maxsize)):
            if candidate.item == item:
                return rank, self._told(work, [candidate])[0], None
        dropped = next((d for d in work.dropped if d.candidate.item == item), None)
        if dropped is None and self._divide(work, [Candidate(item, ())]) == []:
            dropped = work.dropped[-1]
        return None, dropped.candidate if dropped else None, dropped

    def _begin(self, request: Request) -> _Work:
        history, failed = self._timely.guard("history", lambda: self._state.history(request.user))
        work = _Work(request, Context(self._clock.now(), history or ()), self._recipe(request))
        if failed:
            work.degraded.append("history")
        return work

    def _arranged(self, work: _Work, *, need: int, deep: int) -> list[Candidate]:
        """Return the places of the page from the first on: `deep` of them if the sources give so many.

        Fallbacks are asked only while there are fewer than `need`. What they give follows behind all else.
        """
        arrangement = Arrangement(self._shelf, share=work.recipe.share)
        with work.stage("sources"):
            merged = merge(self._proposed(work, work.recipe.sources))
        known = {candidate.item for candidate in merged}
        self._fill(work, arrangement, self._order(work, self._divide(work, merged)), deep)
        for name in work.recipe.fallbacks:
            if len(arrangement.placed) >= need or (arrangement.placed and work.recipe.fill is Fill.WHEN_EMPTY):
                break
            with work.stage("fallback"):
                fresh = [c for c in merge(self._proposed(work, [name])) if c.item not in known]
            known |= {candidate.item for candidate in fresh}
            floor = arrangement.placed[-1].score if arrangement.placed else 0.0
            behind = [c.scored(floor - 1 - n) for n, c in enumerate(self._divide(work, fresh))]
            self._fill(work, arrangement, behind, deep)
        if not arrangement.placed:
            self._fill(work, arrangement, self._order(work, self._pardoned(work)), deep)
        work.dropped += arrangement.dropped
        return arrangement.placed

    def _fill(self, work: _Work, arrangement: Arrangement, ranked: list[Candidate], deep: int) -> None:
        work.ranked += len(ranked)
        with work.stage("arrange"):
            _, failed = self._timely.guard("store", lambda: arrangement.fill(ranked, need=deep))
        if failed:
            work.degraded.append("store")
            arrangement.placed += ranked[: deep - len(arrangement.placed)]

    def _proposed(self, work: _Work, names: Sequence[str]) -> list[Candidate]:
        request, context = work.request, work.context
        calls = {name: partial(self._parts.sources[name].propose, request, context) for name in names}
        outcomes = self._timely.run(calls, seconds=work.recipe.seconds)
        work.degraded += outcomes.failed
        work.timings |= {f"source:{name}": millis for name, millis in outcomes.millis.items()}
        proposals = list(outcomes.results.values())
        work.proposals += proposals
        work.degraded += [name for proposal in proposals for name in proposal.degraded]
        return [candidate for proposal in proposals for candidate in proposal.candidates]

    def _divide(self, work: _Work, candidates: list[Candidate]) -> list[Candidate]:
        for name in work.recipe.filters:
            call = partial(self._parts.filters[name].divide, work.request, work.context, candidates)
            with work.stage("filter"):
                divided, failed = self._timely.guard(f"filter:{name}", call)
            if divided is None or failed:
                work.degraded.append(f"filter:{name}")
                continue
            candidates, dropped = divided
            work.dropped += dropped
        return candidates

    def _order(self, work: _Work, candidates: list[Candidate]) -> list[Candidate]:
        ranker, name = self._parts.rankers[work.recipe.ranker], f"ranker:{work.recipe.ranker}"
        with work.stage("rank"):
            ranked, failed = self._timely.guard(name, lambda: ranker.rank(work.request, work.context, candidates))
        if ranked is None or failed:
            work.degraded.append(name)
            return [c.scored(-float(place)) for place, c in enumerate(candidates)]
        return sorted(ranked, key=lambda candidate: (-candidate.score, candidate.item))

    def _pardoned(self, work: _Work) -> list[Candidate]:
        """Return what a filter that may give way has dropped: the shop rather repeats itself than shows nothing."""
        pardoned = [d.candidate for d in work.dropped if d.filter in work.recipe.relaxed]
        work.dropped = [d for d in work.dropped if d.filter not in work.recipe.relaxed]
        return pardoned

    def _told(self, work: _Work, shown: Sequence[Candidate]) -> tuple[Candidate, ...]:
        told, failed = self._timely.guard("facts", lambda: self._parts.facts.tell(work.request, work.context, shown))
        if told is None or failed:
            work.degraded.append("facts")
            return tuple(shown)
        return tuple(told)


def merge(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Unite the evidence for each item, in order of first mention; scores of different sources stay apart.

    >>> from zhanggui.core.candidate import Evidence
    >>> tea = [Candidate(ItemId("tea"), (Evidence(source, 1.0),)) for source in ("knn", "content")]
    >>> [[e.source for e in candidate.evidence] for candidate in merge(tea)]
    [['knn', 'content']]
    """
    united: dict[ItemId, Candidate] = {}
    for candidate in candidates:
        known = united.get(candidate.item)
        united[candidate.item] = candidate if known is None else known.joined(candidate)
    return list(united.values())


def check_recipe(recipe: Recipe, parts: Parts) -> None:
    """Raise UnknownNameError when a recipe names what is not there."""
    kinds = (
        ("source", (*recipe.sources, *recipe.fallbacks), parts.sources),
        ("filter", (*recipe.filters, *recipe.relaxed), parts.filters),
        ("ranker", (recipe.ranker,), parts.rankers),
    )
    for kind, names, known in kinds:
        for name in names:
            if name not in known:
                raise UnknownNameError(kind, name, known)
