"""A running shop follows the Release in use: to the next one, and back, without losing a request."""

import gc
import logging

from zhanggui.app.build import fusion_of, index_of, judge_of, learned_of, threshold_of
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import Opened, note_served, open_encoder_of, served, with_space
from zhanggui.core.errors import StoreError, ZhangguiError
from zhanggui.data.release import CURRENT, Release, current, open_release
from zhanggui.engine.moving import Move
from zhanggui.engine.opening import Ingredients
from zhanggui.engine.progress import Progress
from zhanggui.engine.repeating import Repeating
from zhanggui.engine.shop import Shop
from zhanggui.engine.timely import attempt
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

LOG = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds between two looks at which Release is in use."""


class AbandonedError(ZhangguiError):
    """Another Release is in use by now, or the server is being stopped."""


class Mover:
    """Look again and again which Release is in use, and move the shop to it. One thread calls `look`.

    One that cannot be opened is told and not tried again before the file CURRENT changes, or `again` is called.
    """

    def __init__(self, settings: Settings, shop: Shop) -> None:
        self._settings, self._shop = settings, shop
        self._move: Move | None = None
        self._folder = served(settings.home)[1]
        self._threshold = threshold_of(None)
        self._refused: tuple[str, int] | None = None
        self._stopping = False

    def look(self) -> None:
        """Begin, go on with or give up a move, as the file CURRENT says."""
        wanted = current(self._settings.home)
        if self._move is not None and self._move.release != wanted:
            self._abandon()
        if self._move is None and self._is_news(wanted):
            self._begin(wanted)
        if self._move is not None:
            self._go_on(self._move)

    def again(self) -> None:
        """Try a Release that could not be opened once more."""
        self._refused = None

    def stop(self) -> None:
        """Give up what is being prepared; call it before the thread is joined, and once more afterwards."""
        self._stopping = True

    def close(self) -> None:
        """Close what was prepared; the thread has ended."""
        if self._move is not None:
            self._abandon()

    def _is_news(self, wanted: str) -> bool:
        serving = self._shop.serving
        if wanted == serving.release and "release" not in serving.lost:
            self._shop.parts.moves.well()
            return False
        return bool(wanted) and (wanted, self._stamp()) != self._refused

    def _begin(self, name: str) -> None:
        LOG.info("moving to Release %s", name)
        stamp, moves = self._stamp(), self._shop.parts.moves
        moves.begin(name, lambda: self._move.progress() if self._move else Progress(0, 0))
        _, error = attempt(lambda: self._prepare(open_release(self._settings.home, name)), "release")
        if isinstance(error, AbandonedError):
            self._abandon()
        elif error is not None:
            self._refuse(name, error, stamp)

    def _prepare(self, release: Release) -> None:
        self._threshold = threshold_of(release)
        given = self._given(release, open_encoder_of(self._settings, release))
        self._move = Move(self._shop, given)
        self._move.begin(on_progress=lambda done, total: self._heed(release.manifest.name))

    def _given(self, release: Release, opened: Opened) -> Ingredients:
        """Return the shop's own parts with what the Release brings; with the same encoder the index is kept."""
        parts, space, analyser = self._shop.parts, self._shop.serving.space, Analyser()
        given = Ingredients(
            store=parts.store,
            index=space.index,
            state=parts.state,
            clock=parts.clock,
            fuse=fusion_of(release),
            analyser=analyser,
            encoder=space.encoder,
            learned=learned_of(release),
            release=release.manifest.name,
            watch=parts.watch,
            judge=judge_of(self._settings, release),
            tally=parts.tally,
        )
        if _name(opened) == (space.encoder.name if space.encoder else ""):
            return given
        self._folder = opened.folder
        return with_space(given, self._settings, opened, index_of(self._settings, release, opened, analyser))

    def _heed(self, name: str) -> None:
        if self._stopping or current(self._settings.home) != name:
            raise AbandonedError(f"Release {name!r} is given up while it is prepared. Nothing has changed.")

    def _go_on(self, move: Move) -> None:
        move.catch_up()
        if not move.ready():
            return
        stamp = self._stamp()
        _, error = attempt(lambda: move.finish(then=self._tune), "release")
        if isinstance(error, StoreError):
            raise error  # the Store is away: the next look tries again
        if error is not None:
            self._refuse(move.release, error, stamp)
            return
        self._move = None
        note_served(self._settings.home, move.release, self._folder)
        self._shop.parts.moves.end("moved")
        LOG.info("Release %s serves", move.release)
        settle()

    def _tune(self) -> None:
        index = self._shop.serving.space.index
        if isinstance(index, TantivyIndex):
            index.dense_threshold = self._threshold

    def _refuse(self, name: str, error: Exception, stamp: int) -> None:
        LOG.error("Release %s cannot be opened, %s goes on: %s", name, self._shop.serving.release, error)
        self._refused = (name, stamp)
        self._end("failed")

    def _abandon(self) -> None:
        LOG.info("the move to another Release is given up")
        self._end("abandoned")

    def _end(self, outcome: str) -> None:
        if self._move is not None:
            self._move.abandon()
        self._move = None
        self._folder = served(self._settings.home)[1]
        self._shop.parts.moves.end(outcome)

    def _stamp(self) -> int:
        try:
            return (self._settings.home / "releases" / CURRENT).stat().st_mtime_ns
        except OSError:
            return 0


class Follower:
    """The thread of a mover."""

    def __init__(self, settings: Settings, shop: Shop, *, every: float = EVERY) -> None:
        self._mover = Mover(settings, shop)
        self._thread = Repeating("release", self._mover.look, every=every)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look now, and try again what failed."""
        self._mover.again()
        self._thread.wake()

    def stop(self) -> None:
        """End; what was being prepared is closed."""
        self._mover.stop()
        self._thread.stop()
        self._mover.close()


def settle() -> None:
    """Let the collector forget what served before and leave alone what serves now.

    A collector that walks it again and again would stop every thread for a tenth of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _name(opened: Opened) -> str:
    return opened.encoder.name if opened.encoder else ""
