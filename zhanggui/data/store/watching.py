"""What a Store must know of erasures that others make while it is open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from zhanggui.core.candidate import Ranking
from zhanggui.core.erasure import named
from zhanggui.data.store.erasing import erasures_after, last_erasure


class Watch:
    """Notice erasures inside the transaction of a write, where none can slip in between.

    Pages wait in a queue before they are written, so some may be of a user who was erased meanwhile. An erasure counts
    for two calls: what was queued before it is in the call that first sees it or, queued while that began, in the next.
    """

    def __init__(self, position: int) -> None:
        self._before = self._last = self._events = position

    @contextmanager
    def call(self) -> Iterator["Call"]:
        """Yield what one writing of pages needs; when it fails, its pages come again, and nothing is over yet."""
        call = Call(self._before)
        yield call
        if call.looked:
            self._before, self._last = self._last, max(self._last, call.newest)

    def anything_new(self, connection: Connection) -> bool:
        """Tell whether anything was erased since the last question."""
        before, self._events = self._events, last_erasure(connection)
        return self._events > before


class Call:
    """One call that writes pages."""

    def __init__(self, after: int) -> None:
        self._after = after
        self.newest = 0
        self.looked = False

    def without_erased(self, connection: Connection, pages: Sequence[Ranking]) -> list[Ranking]:
        """Return the pages of those who were not erased lately."""
        self.looked, lately = True, erasures_after(connection, self._after)
        if not lately:
            return list(pages)
        self.newest = lately[-1][0]
        gone = named([erasure for _, erasure in lately], {page.user_id for page in pages})
        return [page for page in pages if page.user_id not in gone]
