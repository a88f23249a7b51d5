"""Ratings of Amazon as CSV: 2014 user, item, rating, seconds; 2018 item, user, …; 2023 a header, milliseconds."""

from collections.abc import Iterator

from zhanggui.data.importing.batch import Batch, Record
from zhanggui.data.importing.delimited import read_delimited, read_headless
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.kinds import EVENTS
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.translated import translated

HEADER = ("user_id", "parent_asin", "rating", "timestamp")
ASIN_LENGTH = 10


def read_ratings(source: Source) -> Iterator[Batch]:
    """Yield the ratings as events `rate`."""
    first, *lines = refuse_no_text(source).decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    if first.startswith(HEADER[0]):
        return translated(read_delimited(source, EVENTS.of_columns(*HEADER)), _event)
    item_first = _asins(0, [first, *lines]) > _asins(1, [first, *lines])
    names = ("parent_asin", "user_id", *HEADER[2:]) if item_first else HEADER
    return translated(read_headless(source, names), _event)


def _asins(column: int, lines: list[str]) -> int:
    """Count the ids in a column that are as long as a product's; a user's is longer."""
    fields = (line.split(",") for line in lines)
    return sum(len(found) > column and len(found[column]) == ASIN_LENGTH for found in fields)


def _event(row: Record) -> Record:
    return {
        "user_id": row["user_id"],
        "type": "rate",
        "time": row["timestamp"],
        "item_id": row["parent_asin"],
        "value": row["rating"],
    }
