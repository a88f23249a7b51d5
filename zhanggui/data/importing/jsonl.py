"""Read JSONL: one JSON object a line."""

from collections.abc import Iterator
from typing import Any

import orjson

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Line, Reject
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

SET_ASIDE = frozenset(("file", "line", "reason", "raw"))
"""The fields of a line that an earlier import set aside; its mended `raw` is read in its place."""


def read_jsonl(source: Source, _kind: Kind) -> Iterator[Batch]:
    """Yield batches; blank lines are skipped, what is not an object is set aside."""
    number = 0
    for block, done in source.blocks():
        batch = Batch([], [], done)
        for raw in block:
            number += 1
            if raw.strip():
                _take(batch, number, raw)
        if number and not batch.lines and number <= len(block) and block[0].lstrip().startswith(b"["):
            raise InputError(
                f"{source.path} is one JSON array; JSONL has an object on each line. Turn it: jq -c '.[]' < FILE."
            )
        yield batch


def _take(batch: Batch, number: int, raw: bytes) -> None:
    try:
        record = _record(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        batch.rejects.append(Reject(number, f"Not JSON: {error}.", raw.decode("utf-8", "replace")))
        return
    if isinstance(record, dict):
        batch.lines.append(Line(number, raw, record))
    else:
        reason = f"A JSON {type(record).__name__}; a line must be an object."
        batch.rejects.append(Reject(number, reason, raw.decode("utf-8", "replace")))


def _record(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == SET_ASIDE:
        return orjson.loads(value["raw"]) if isinstance(value["raw"], str) else value["raw"]
    return value
