"""Read Parquet, a slice of rows at a time."""

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.header import check_header
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

SLICE = 100_000
AT_ONCE = 10_000


def read_parquet(source: Source, kind: Kind) -> Iterator[Batch]:
    """Yield batches. Raises InputError when the file is damaged or lacks a required column."""

    def checked(table: pl.LazyFrame) -> pl.LazyFrame:
        check_header(source.path, list(_names(table.collect_schema())), kind)
        return table

    return read_table(source, checked)


def read_table(source: Source, prepare: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Iterator[Batch]:
    """Yield the rows of a Parquet file, after `prepare`, as batches."""
    try:
        table = prepare(pl.scan_parquet(source.path))
        total = table.select(pl.len()).collect().item()
        for start in range(0, total, SLICE):
            part = table.slice(start, SLICE).collect()
            for first in range(0, len(part), AT_ONCE):
                rows = part.slice(first, AT_ONCE).rows(named=True)
                numbers = list(range(start + first + 1, start + first + 1 + len(rows)))
                yield Batch(source.size * numbers[-1] // total, numbers, rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{source.path} is no whole Parquet file of its form: {error}. Fetch it again.") from error


def _names(schema: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of columns, and the paths (`a.b`) to what is within them."""
    for name, kind in schema.items():
        yield name
        if isinstance(kind, pl.Struct):
            yield from (f"{name}.{inner}" for inner in _names(kind.to_schema()))
