"""How many pages are made at the same time: as many as help each other, the others wait their turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STUCK_SECONDS = 1.0


class Turnstile:
    """At most `places` are at work; more wait in the order in which they came.

    Python computes on one core. Pages made side by side take turns at it, and each turn costs: with eight at a time a
    page takes up to half as much processor again as with two, so that fewer get done (docs/decisions/0006-it-holds.md).
    Whoever takes longer than `seconds` most likely waits for something rather than computes: the place goes to the next
    one, as long as no more are gone than there are.
    """

    def __init__(self, places: int, *, seconds: float = STUCK_SECONDS) -> None:
        self._free, self._places, self._seconds = asyncio.Semaphore(places), places, seconds
        self._lent = 0

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        await self._free.acquire()
        lent = False

        def lend() -> None:
            nonlocal lent
            if self._lent < self._places:
                lent = True
                self._lent += 1
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._seconds, lend)
        try:
            yield
        finally:
            timer.cancel()
            if lent:
                self._lent -= 1
            else:
                self._free.release()
