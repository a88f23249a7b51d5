"""Read Parquet, a slice of rows at a time."""

from collections.abc import Iterator

import polars as pl

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.header import check_header
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

SLICE = 100_000
AT_ONCE = 10_000


def read_parquet(source: Source, kind: Kind) -> Iterator[Batch]:
    """Yield batches; maps may be structs or lists of key and value. Raises InputError when the file is damaged."""
    try:
        scan = pl.scan_parquet(source.path)
        names = scan.collect_schema().names()
        check_header(source.path, names, kind)
        total = scan.select(pl.len()).collect().item()
        for start in range(0, total, SLICE):
            part = scan.slice(start, SLICE).collect()
            for first in range(0, len(part), AT_ONCE):
                rows = part.slice(first, AT_ONCE).rows(named=True)
                numbers = list(range(start + first + 1, start + first + 1 + len(rows)))
                yield Batch(source.size * numbers[-1] // total, numbers, rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{source.path} is no whole Parquet file: {error}. Fetch or write it again.") from error
