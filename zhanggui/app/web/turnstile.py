"""How many pages are made at the same time: as many as help each other, the others wait their turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

STUCK_SECONDS = 1.0


class Turnstile:
    """At most `places` are at work; more wait in the order in which they came.

    Python computes on one core. Pages made side by side take turns at it, and each turn costs: with eight at a time a
    page takes half as much processor again as with two, so that fewer get done. Measured: benchmarks/slopes.py.
    Whoever takes longer than `seconds` waits for something rather than computes: the place goes to the next one.
    """

    def __init__(self, places: int, *, seconds: float = STUCK_SECONDS) -> None:
        self._places, self._seconds = asyncio.Semaphore(places), seconds

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        await self._places.acquire()
        place = _Place(self._places)
        timer = asyncio.get_running_loop().call_later(self._seconds, place.leave)
        try:
            yield
        finally:
            timer.cancel()
            place.leave()


@dataclass(slots=True)
class _Place:
    """One place, given back once."""

    places: asyncio.Semaphore
    held: bool = True

    def leave(self) -> None:
        if self.held:
            self.held = False
            self.places.release()
