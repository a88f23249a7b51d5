"""Open a shop: bring the index up to the Store, join the parts, start the threads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from zhanggui.core.clock import Clock
from zhanggui.core.errors import StoreError
from zhanggui.core.product import Product
from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind, Encoder, OnlineState, Store
from zhanggui.encoders.late import LateEncoder
from zhanggui.encoders.vectors import Vectors
from zhanggui.engine.assembly import assemble
from zhanggui.engine.learned import Learned
from zhanggui.engine.meaning import CatalogueReader, Meaning, nothing
from zhanggui.engine.pipeline import Pipeline, Watch, unwatched
from zhanggui.engine.projections import Projections, listeners_of
from zhanggui.engine.rankers.cross_encoder import CrossEncoderRanker, Judge
from zhanggui.engine.rankers.fusion import Fuse
from zhanggui.engine.rankers.late_interaction import LateInteractionRanker
from zhanggui.engine.rankers.pace import Tally
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.retention import Retention
from zhanggui.engine.scrubber import Scrubber
from zhanggui.engine.serving import Serving
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.shop import Shop, ShopParts
from zhanggui.engine.space import Space
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.text.analyser import Analyser

OnProgress = Callable[[int, int], None]
"""Told `done` and `total` products while an index is built."""

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a shop is opened with. The state is filled already (state_file.py); an index at position 0 is new.

    Without `encoder` and `vectors` (its cache) there is no meaning, without `learned` no collaborative filtering.
    `keep` is run every minute and at the end (snapshots); `close` closes index and vectors when they serve no more.
    `watch` is told of every page (metrics). `erased` is run when the state has dropped what left the Store.
    `retention_days`: what is older is forgotten; 0 keeps all. `judge` is the cross-encoder, `tally` counts for it.
    """

    store: Store
    index: CatalogueIndex
    state: OnlineState
    clock: Clock
    fuse: Fuse
    analyser: Analyser = field(default_factory=Analyser)
    encoder: Encoder | None = None
    vectors: Vectors | None = None
    learned: Learned = field(default_factory=Learned)
    release: str = "base"
    keep: Sequence[Callable[[], object]] = ()
    close: Sequence[Callable[[], object]] = ()
    watch: Watch = unwatched
    erased: Sequence[Callable[[], object]] = ()
    lost: Sequence[str] = ()
    retention_days: int = 0
    judge: Judge | None = None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often threads look, in seconds."""

    follow: float = 0.1
    rankings: float = 0.5
    nudge: float = 5.0
    keep: float = 60.0
    scrub: float = 2.0


def open_shop(given: Ingredients, *, pace: Pace | None = None, on_progress: OnProgress | None = None) -> Shop:
    """Return a shop that answers; its threads run until `close`.

    A new index is built from the catalogue here; meaning arrives later, in the background. Raises StoreError when the
    index has seen more than the Store holds.
    """
    store, index, state = given.store, given.index, given.state
    check_feed(store, index)
    if not index.position:
        build_index(store, index, on_progress=on_progress)
    shelf, timely, rankings, pace = Shelf(store), Timely(), RankingLog(store), pace or Pace()
    space = space_of(given, pace=pace)
    listeners = listeners_of(shelf, space.meaning)
    projections = Projections(store, index, state, listeners=listeners, erased=given.erased)
    projections.catch_up()
    scrubber, retention = Scrubber(store), Retention(store, given.clock, days=given.retention_days)
    housekeeping = [projections.mark, *given.keep]
    threads = _threads(projections, rankings, housekeeping, pace)
    threads += [
        Repeating("scrub", scrubber.run, every=pace.scrub),
        Repeating("retention", retention.run, every=pace.keep),
    ]
    parts = ShopParts(
        store=store,
        state=state,
        shelf=shelf,
        projections=projections,
        rankings=rankings,
        timely=timely,
        clock=given.clock,
        serving=serving_of(given, space, shelf, timely),
        threads=threads,
        close=[*(thread.stop for thread in threads), rankings.flush, *housekeeping, timely.close],
        scrubber=scrubber,
        watch=given.watch,
        tally=given.tally,
    )
    space.start()
    for thread in threads:
        thread.start()
    return Shop(parts)


def space_of(given: Ingredients, *, pace: Pace | None = None) -> Space:
    """Return the index with its encoder; its threads wait to be started."""
    if given.encoder is None or given.vectors is None:
        return Space(given.index, close=given.close)
    meaning = Meaning(given.index, given.encoder, given.vectors)
    missing = given.encoder.read_missing if isinstance(given.encoder, LateEncoder) else nothing
    reader = CatalogueReader(meaning, given.store, given.state, read_missing=missing)
    reading = Repeating("read", reader.run, every=(pace or Pace()).nudge)
    return Space(given.index, given.encoder, meaning, reader, reading, given.close)


def serving_of(given: Ingredients, space: Space, shelf: Shelf, timely: Timely) -> Serving:
    """Return what answers by a Release: its models and fusion over an index that is open."""
    parts = assemble(
        index=given.index,
        state=given.state,
        shelf=shelf,
        learned=given.learned,
        encoder=given.encoder,
        fuse=given.fuse,
        analyser=given.analyser,
        timely=timely,
    )
    ranker = parts.rankers["fusion"]
    if isinstance(given.encoder, LateEncoder):
        ranker = LateInteractionRanker(ranker, given.encoder, shelf, timely)
    if given.judge is not None:
        ranker = CrossEncoderRanker(ranker, given.judge, shelf, timely, given.tally)
    parts = replace(parts, rankers={**parts.rankers, "fusion": ranker})
    pipeline = Pipeline(parts, state=given.state, shelf=shelf, clock=given.clock, timely=timely, watch=given.watch)
    return Serving(given.release, pipeline, space, given.lost)


def build_index(store: Store, index: CatalogueIndex, *, on_progress: OnProgress | None = None) -> None:
    """Put the whole catalogue into a new index, in large batches.

    What changes meanwhile has a higher number than the position noted with the last batch, and comes again by the feed.
    An index that was torn while it was built has no position, and is built anew.
    """
    position, total, done = store.position(), store.totals().products, 0
    batches = _batches(store.all_products(), _BATCH)
    batch = next(batches, [])
    while batch:
        following = next(batches, [])
        changes = [Change(position, ChangeKind.PRODUCT, p.item_id, p) for p in batch]
        index.apply(changes, 0 if following else position)
        done, batch = done + len(batch), following
        if on_progress:
            on_progress(done, max(done, total))
    index.apply([], position)


def _threads(
    projections: Projections, rankings: RankingLog, housekeeping: Sequence[Callable[[], object]], pace: Pace
) -> list[Repeating]:
    return [
        Repeating("follow", projections.catch_up, every=pace.follow),
        Repeating("rankings", rankings.flush, every=pace.rankings),
        Repeating("keep", lambda: _each(housekeeping), every=pace.keep),
    ]


def check_feed(store: Store, index: CatalogueIndex) -> None:
    """Raise StoreError when an index has seen more than the Store holds."""
    if index.position > store.position():
        raise StoreError(
            f"The index has applied change {index.position}, but the Store ends at {store.position()}: it is another "
            "Store, or was restored, or the Store's file was lost (then run: zhanggui restore). If the Store is as it "
            "should be, remove the folder index/ of this home; it is built anew at the next start."
        )


def _each(tasks: Iterable[Callable[[], object]]) -> None:
    for task in tasks:
        task()


def _batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    while batch := list(islice(products, size)):
        yield batch
