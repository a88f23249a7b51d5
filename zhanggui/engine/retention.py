"""Letting go of what is older than the shop wants to keep, once a day."""

import logging

from zhanggui.core.clock import Clock
from zhanggui.core.ids import DAY, MINUTE, Millis
from zhanggui.core.protocols import Store

LOG = logging.getLogger(__name__)


class Retention:
    """Forget events and rankings older than `days`; 0 keeps all.

    The first time is a minute after the start, so that a command that answers once and ends is not held up.
    """

    def __init__(self, store: Store, clock: Clock, *, days: int) -> None:
        self._store, self._clock, self._days = store, clock, days
        self._next = clock.now() + MINUTE

    def run(self) -> None:
        """Forget, if it is time."""
        now = self._clock.now()
        if self._days <= 0 or now < self._next:
            return
        erased = self._store.forget_before(Millis(now - self._days * DAY))
        self._next = now + DAY
        if erased.events or erased.rankings:
            self._store.scrub()
            LOG.info("older than %d days: %d events, %d rankings forgotten", self._days, erased.events, erased.rankings)
