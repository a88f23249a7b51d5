"""Read JSONL: one JSON object a line."""

from collections.abc import Iterator

import orjson

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Record, Reject
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

SET_ASIDE = frozenset(("file", "line", "reason", "raw"))
"""The fields of a line that an earlier import set aside; its mended `raw` is read in its place."""


def read_jsonl(source: Source, _kind: Kind) -> Iterator[Batch]:
    """Yield batches; blank lines are skipped, what is not an object is set aside."""
    number = 0
    for block, done in source.blocks():
        batch = _batch(block, number, done)
        if not number and not batch.records and block[0].lstrip().startswith(b"["):
            raise InputError(
                f"{source.path} is one JSON array; JSONL has an object on each line. Turn it: jq -c '.[]' FILE > NEW."
            )
        number += len(block)
        yield batch


def _batch(block: list[bytes], before: int, done: int) -> Batch:
    batch = Batch(done)
    for number, raw in enumerate(block, before + 1):
        try:
            batch.records.append(_object(raw))
            batch.numbers.append(number)
            batch.raws.append(raw)
        except ValueError as error:
            if raw and not raw.isspace():
                batch.rejects.append(Reject(number, f"{error}.", raw.decode("utf-8", "replace")))
    return batch


def _object(raw: bytes) -> Record:
    record = orjson.loads(raw)
    if type(record) is not dict:
        raise ValueError(f"A JSON {type(record).__name__}; a line must be an object")
    if "raw" in record and record.keys() == SET_ASIDE:
        return _object(str(record["raw"]).encode())
    return record
