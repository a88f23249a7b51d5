"""What readers hand over: records with the place they came from, and what could not be read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reject:
    """A line set aside, and why."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A few thousand records; with each the number of its line (its row in Parquet) and the line as it stood.

    `raws` may be empty: then a record's JSON stands for its line. `done` of the file's bytes are behind us.
    """

    done: int
    numbers: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def shapes(self) -> Counter[tuple[str, ...]]:
        """Return the different lists of field names and how many records have each."""
        return Counter(map(tuple, self.records))

    def reject(self, row: int, reason: str) -> Reject:
        """Return the record of that row as a line set aside."""
        if self.raws:
            raw = self.raws[row].decode("utf-8", "replace")
        else:
            raw = orjson.dumps(self.records[row], default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        return Reject(self.numbers[row], reason, raw)
