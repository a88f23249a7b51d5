"""What an import did."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Every line is in exactly one of `written`, `repeated` and `rejected`; `flagged` ones are among the first two.

    `written` are new or changed, `repeated` were there already, `rejected` were set aside in the file `rejects` (None
    when there were none), `flagged` are events that name an item which the catalogue does not have.
    `unknown_columns` are fields outside the contract and how many lines had them.
    """

    files: int
    lines: int
    written: int
    repeated: int
    rejected: int
    flagged: int
    unknown_columns: Mapping[str, int]
    rejects: Path | None
    strict: bool

    @property
    def exit_code(self) -> int:
        """0; in strict mode 1 when lines were set aside."""
        return int(self.strict and self.rejected > 0)
