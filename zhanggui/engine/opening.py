"""Open a shop: bring the index up to the Store, join the parts, start the threads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from zhanggui.core.clock import Clock
from zhanggui.core.errors import StoreError
from zhanggui.core.product import Product
from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind, Encoder, OnlineState, Store
from zhanggui.encoders.vectors import Vectors
from zhanggui.engine.assembly import assemble
from zhanggui.engine.learned import Learned
from zhanggui.engine.meaning import CatalogueReader, Meaning
from zhanggui.engine.pipeline import Parts, Pipeline, Watch, unwatched
from zhanggui.engine.projections import Listener, Projections
from zhanggui.engine.rankers.fusion import Fuse
from zhanggui.engine.ranking_log import RankingLog
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.retention import Retention
from zhanggui.engine.scrubber import Scrubber
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.shop import Shop, ShopParts
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.text.analyser import Analyser

OnProgress = Callable[[int, int], None]
"""Told `done` and `total` products while an index is built."""

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a shop is opened with. The state is filled already (state_file.py); an index at position 0 is new.

    Without `encoder` and `vectors` (its cache) there is no meaning, without `learned` no collaborative filtering.
    `keep` is run every minute and at the end (snapshots), `close` at the very end, before the Store is closed.
    `watch` is told of every page (metrics). `erased` is run when the state has dropped what left the Store.
    `retention_days`: what is older is forgotten; 0 keeps all.
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
    _check_feed(store, index)
    if not index.position:
        build_index(store, index, on_progress=on_progress)
    shelf, timely, rankings = Shelf(store), Timely(), RankingLog(store)
    meaning = Meaning(index, given.encoder, given.vectors) if given.encoder and given.vectors is not None else None
    projections = Projections(store, index, state, listeners=_listeners(shelf, meaning), erased=given.erased)
    projections.catch_up()
    assembled = _assembled(given, shelf, timely)
    pipeline = Pipeline(assembled, state=state, shelf=shelf, clock=given.clock, timely=timely, watch=given.watch)
    housekeeping = [projections.mark, *given.keep]
    threads = _threads(projections, rankings, housekeeping, pace or Pace())
    scrubber, retention = Scrubber(store), Retention(store, given.clock, days=given.retention_days)
    threads += [
        Repeating("scrub", scrubber.run, every=(pace or Pace()).scrub),
        Repeating("retention", retention.run, every=(pace or Pace()).keep),
    ]
    stops: list[Callable[[], object]] = [thread.stop for thread in threads]
    if meaning:
        reader = CatalogueReader(meaning, store, state)
        reading = Repeating("read", reader.run, every=(pace or Pace()).nudge)
        threads.append(reading)
        stops = [reader.stop, reading.stop, meaning.stop, *stops]
        meaning.start()
    for thread in threads:
        thread.start()
    ending = [*stops, rankings.flush, *housekeeping, timely.close, *given.close, store.close]
    parts = ShopParts(
        store,
        state,
        shelf,
        pipeline,
        projections,
        rankings,
        timely,
        given.clock,
        given.release,
        meaning,
        threads,
        ending,
        index,
        scrubber,
        given.lost,
    )
    return Shop(parts)


def _assembled(given: Ingredients, shelf: Shelf, timely: Timely) -> Parts:
    return assemble(
        index=given.index,
        state=given.state,
        shelf=shelf,
        learned=given.learned,
        encoder=given.encoder,
        fuse=given.fuse,
        analyser=given.analyser,
        timely=timely,
    )


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


def _check_feed(store: Store, index: CatalogueIndex) -> None:
    if index.position > store.position():
        raise StoreError(
            f"The index has applied change {index.position}, but the Store ends at {store.position()}: it is another "
            "Store, or was restored, or the Store's file was lost (then run: zhanggui restore). If the Store is as it "
            "should be, remove the folder index/ of this home; it is built anew at the next start."
        )


def _listeners(shelf: Shelf, meaning: Meaning | None) -> list[Listener]:
    def forget(changes: Sequence[Change]) -> None:
        shelf.forget([change.item_id for change in changes])

    return [forget, meaning.changed] if meaning else [forget]


def _each(tasks: Iterable[Callable[[], object]]) -> None:
    for task in tasks:
        task()


def _batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    while batch := list(islice(products, size)):
        yield batch
