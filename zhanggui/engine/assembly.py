"""Join sources, filters and rankers to the parts that recipes name. What the shop lacks is silent, not absent."""

from zhanggui.core.protocols import CatalogueIndex, Encoder, Filter, OnlineState, Source
from zhanggui.engine.facts import ShownFacts
from zhanggui.engine.filters.allowed import AllowedFilter
from zhanggui.engine.filters.own import DislikedFilter, ItselfFilter, SeenFilter
from zhanggui.engine.learned import Learned
from zhanggui.engine.pipeline import Parts
from zhanggui.engine.query_vectors import QueryVectors
from zhanggui.engine.rankers.fusion import Fuse, FusionRanker
from zhanggui.engine.rankers.given import GivenRanker
from zhanggui.engine.rankers.joined import JoinedRanker
from zhanggui.engine.recipes import WEIGHTS
from zhanggui.engine.related import ByContent, ByShoppers, Related
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.sources.collaborative import CollaborativeSource
from zhanggui.engine.sources.content import ContentSource
from zhanggui.engine.sources.crowd import NewestSource, PopularitySource, TrendingSource
from zhanggui.engine.sources.item_page import ItemPageSource, SilentSource
from zhanggui.engine.sources.search import SearchSource
from zhanggui.engine.sources.session import SessionSource
from zhanggui.engine.terms import TitleTerms
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.text.analyser import Analyser


def assemble(
    *,
    index: CatalogueIndex,
    state: OnlineState,
    shelf: Shelf,
    learned: Learned,
    encoder: Encoder | None,
    fuse: Fuse,
    analyser: Analyser,
    timely: Timely,
) -> Parts:
    """Return all parts of the built-in surfaces."""
    return Parts(
        sources={
            source.name: source
            for source in _sources(index, state, shelf, learned, encoder, ByContent(index, shelf, analyser), timely)
        },
        filters=_named([AllowedFilter(index), ItselfFilter(), DislikedFilter(), SeenFilter(learned.repeats, shelf)]),
        rankers={
            "fusion": FusionRanker(fuse, state.shoppers),
            "given": GivenRanker(),
            **{name: JoinedRanker(weights) for name, weights in WEIGHTS.items()},
        },
        facts=ShownFacts(state, index, shelf, learned.members, TitleTerms(analyser)),
    )


def _sources(
    index: CatalogueIndex,
    state: OnlineState,
    shelf: Shelf,
    learned: Learned,
    encoder: Encoder | None,
    alike: ByContent,
    timely: Timely,
) -> list[Source]:
    neighbours = ByShoppers(learned.neighbours) if learned.neighbours else None
    together = ByShoppers(learned.together, source="bought_together") if learned.together else None
    follows = learned.members.get("sequence_knn") or learned.neighbours
    relations: list[Related] = [ByShoppers(follows), alike] if follows else [alike]
    return [
        SearchSource(index, QueryVectors(encoder, timely) if encoder is not None else None),
        _collaborative(learned),
        SessionSource(relations),
        ContentSource(index, alike),
        _item_page("similar", neighbours),
        _item_page("bought_together", together),
        ItemPageSource("alike", alike),
        TrendingSource(state),
        PopularitySource(state),
        PopularitySource(state, name="most_popular", k=100),
        NewestSource(index),
    ]


def _collaborative(learned: Learned) -> Source:
    if learned.blend is None:
        return SilentSource("collaborative")
    return CollaborativeSource(learned.blend)


def _item_page(name: str, relation: Related | None) -> Source:
    return ItemPageSource(name, relation) if relation is not None else SilentSource(name)


def _named(filters: list[Filter]) -> dict[str, Filter]:
    return {one.name: one for one in filters}
