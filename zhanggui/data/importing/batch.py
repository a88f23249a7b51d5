"""What readers hand over: records with the place they came from, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson


class Line(NamedTuple):
    """One record: the number of its line (its row in Parquet), and the text as it stood, if there was one."""

    number: int
    raw: str | bytes
    record: Mapping[str, Any]

    def text(self) -> str:
        """Return the line as text; of a record without text, its JSON."""
        if not self.raw:
            return orjson.dumps(self.record, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        return self.raw if isinstance(self.raw, str) else self.raw.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Reject:
    """A line set aside, and why."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A few thousand lines. `done` of the file's bytes are behind us after it."""

    lines: list[Line]
    rejects: list[Reject]
    done: int
