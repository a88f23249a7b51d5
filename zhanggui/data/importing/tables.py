"""Hand a table in memory over as batches."""

from collections.abc import Iterator

import polars as pl

from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.source import Source

AT_ONCE = 10_000


def in_batches(source: Source, table: pl.DataFrame, *, before: int = 0) -> Iterator[Batch]:
    """Yield the rows of a table made of a source; `before` rows of it came earlier."""
    for first in range(0, len(table), AT_ONCE):
        rows = table.slice(first, AT_ONCE).rows(named=True)
        numbers = list(range(before + first + 1, before + first + 1 + len(rows)))
        yield Batch(source.size * (first + len(rows)) // len(table), numbers, rows)
