"""Move an open shop to another Release: prepare beside, catch up, exchange in one step, close what served before."""

import logging
from collections.abc import Callable

from zhanggui.engine.opening import Ingredients, OnProgress, build_index, check_feed, serving_of, space_of
from zhanggui.engine.progress import Progress
from zhanggui.engine.projections import listeners_of
from zhanggui.engine.shop import Shop
from zhanggui.engine.timely import attempt

LOG = logging.getLogger(__name__)

ENOUGH = 0.99
"""The share of items whose vectors of the new encoder must be there: the last ones may be failing texts."""

_DRAIN = 60.0


class Move:
    """One move. Used by one thread; whoever asks the shop meanwhile gets the Release before.

    With `given.index` the one in use only what is learned is exchanged, and nothing is waited for.
    """

    def __init__(self, shop: Shop, given: Ingredients) -> None:
        self.release = given.release
        self._shop, self._given = shop, given
        before = shop.serving.space
        self._same = given.index is before.index
        self._space = before if self._same else space_of(given)
        self._listeners = listeners_of(shop.parts.shelf, self._space.meaning)

    def begin(self, *, on_progress: OnProgress | None = None) -> None:
        """Bring a new index up to the Store and start to encode. What `on_progress` raises ends it."""
        if self._same:
            return
        store, index = self._given.store, self._given.index
        check_feed(store, index)
        if not index.position:
            build_index(store, index, on_progress=on_progress)
        self.catch_up()
        self._space.start()

    def catch_up(self) -> None:
        """Read the feed on for the new index; it need not be quick, the exchange reads the rest."""
        if not self._same:
            self._shop.parts.projections.bring(self._given.index, self._listeners)

    def progress(self) -> Progress:
        """Return how many items have their vector of the new encoder."""
        return self._space.progress()

    def ready(self) -> bool:
        """Tell whether (nearly) all items have their vector, or there never are any."""
        if self._same or self._space.meaning is None:
            return True
        progress = self.progress()
        return progress.done >= ENOUGH * progress.total

    def finish(self, *, then: Callable[[], object] = lambda: None) -> None:
        """Exchange; `then` runs with it. Returns when the requests under way have ended and what served is closed."""
        parts, before = self._shop.parts, self._shop.serving
        serving = serving_of(self._given, self._space, parts.shelf, parts.timely)

        def exchange() -> None:
            self._shop.move(serving)
            parts.timely.begin_anew()
            then()

        if self._same:
            exchange()
        else:
            parts.projections.move(self._given.index, self._listeners, then=exchange)
        if not self._shop.drained(before, timeout=_DRAIN):
            LOG.warning("requests still run on Release %s after %g s; it is closed", before.release, _DRAIN)
        if not self._same:
            self._close(before.space.stop, *before.space.close)

    def abandon(self) -> None:
        """Close what was prepared; the vectors made so far are kept in their cache."""
        if not self._same:
            self._close(self._space.stop, *self._space.close)

    def _close(self, *steps: Callable[[], object]) -> None:
        for step in steps:
            _, error = attempt(step, "closing")
            if error is not None:
                LOG.warning("closing after a move: %s", error)
