"""Turn the records of a foreign file into those of the contract."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from zhanggui.data.importing.batch import Batch, Record

Translate = Callable[[Record], Record]
"""Must take any record: what it cannot turn it hands on as it is, and the contract says what is wrong."""


def translated(batches: Iterable[Batch], translate: Translate) -> Iterator[Batch]:
    """Yield batches of translated records; a line set aside later stands in the shop's own form, to be mended there."""
    for batch in batches:
        yield replace(batch, records=list(map(translate, batch.records)), raws=[])
