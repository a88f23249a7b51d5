"""What a backup says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from zhanggui import __version__
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis

FORMAT = 1
NAME, PROOF = "manifest.json", "manifest.sha256"


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the backup; `sha256` in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table: its columns in order, how many rows, and the SHA-256 of its lines (see data/store/tables.py)."""

    columns: Sequence[str]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`position` is the head of the feed at the moment of the backup, `revision` the version of the tables."""

    created: Millis
    revision: str
    position: int
    release: str
    tables: Mapping[str, TableFacts]
    members: Mapping[str, Member] = field(default_factory=dict)
    version: str = __version__
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Return how many rows all tables have."""
        return sum(table.rows for table in self.tables.values())


def read(content: bytes) -> Manifest:
    """Read a manifest. Raises InputError."""
    try:
        fields: dict[str, Any] = orjson.loads(content)
        if fields["format"] != FORMAT:
            raise InputError(
                f"The backup has format {fields['format']}; this zhanggui knows {FORMAT}. "
                "Run: pip install --upgrade zhanggui"
            )
        fields["tables"] = {name: TableFacts(**facts) for name, facts in fields["tables"].items()}
        fields["members"] = {name: Member(**facts) for name, facts in fields["members"].items()}
        return Manifest(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"The manifest of the backup cannot be read: {error}. Restore from another one.") from error
