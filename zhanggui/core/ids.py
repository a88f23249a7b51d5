"""Identifiers and moments. Plain text and integers at run time, distinct types for the checker."""

from typing import NewType

ItemId = NewType("ItemId", str)
UserId = NewType("UserId", str)
EventId = NewType("EventId", str)
RankingId = NewType("RankingId", str)

Millis = NewType("Millis", int)
"""A moment: milliseconds since 1970-01-01T00:00Z."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
