"""Read JSONL: one JSON object a line."""

from collections.abc import Callable, Iterator

import orjson

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Record, Reject
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

SET_ASIDE = frozenset(("file", "line", "reason", "raw"))
"""The fields of a line that an earlier import set aside; its mended `raw` is read in its place."""

Parse = Callable[[bytes], object]
"""Raises ValueError for what is no value."""


def read_jsonl(source: Source, _kind: Kind) -> Iterator[Batch]:
    """Yield batches; blank lines are skipped, what is not an object is set aside."""
    return read_objects(source, orjson.loads)


def read_objects(source: Source, parse: Parse) -> Iterator[Batch]:
    """Yield batches of the objects that `parse` finds, one a line."""
    refuse_no_text(source)
    number = 0
    for block, done in source.blocks():
        batch = _batch(block, number, done, parse)
        if not number and not batch.records and block[0].lstrip().startswith(b"["):
            raise InputError(
                f"{source.path} is one JSON array; JSONL has an object on each line. Turn it: jq -c '.[]' FILE > NEW."
            )
        number += len(block)
        yield batch


def _batch(block: list[bytes], before: int, done: int, parse: Parse) -> Batch:
    batch = Batch(done)
    for number, raw in enumerate(block, before + 1):
        if not raw:
            continue
        try:
            batch.records.append(_object(raw, parse))
            batch.numbers.append(number)
            batch.raws.append(raw)
        except ValueError as error:
            if not raw.isspace():
                batch.rejects.append(Reject(number, f"{error}.", raw.decode("utf-8", "replace")))
    return batch


def _object(raw: bytes, parse: Parse) -> Record:
    record = parse(raw)
    if not isinstance(record, dict):
        raise ValueError(f"A JSON {type(record).__name__}; a line must be an object")
    if "raw" in record and record.keys() == SET_ASIDE:
        return _mended(str(record["raw"]).encode("utf-8", "surrogatepass"), parse)
    return record


def _mended(raw: bytes, parse: Parse) -> Record:
    """Read the line that was set aside; one set aside twice is unwrapped once more, not for ever."""
    record = parse(raw)
    if not isinstance(record, dict):
        raise ValueError(f"A JSON {type(record).__name__}; a line must be an object")
    return record
