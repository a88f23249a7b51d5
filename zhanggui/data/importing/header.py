"""Check the names of columns before reading on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from zhanggui.core.errors import InputError
from zhanggui.data.importing.kinds import Kind


def check_header(path: Path, names: Sequence[str], kind: Kind) -> None:
    """Raise InputError when a required column is missing or a name occurs twice."""
    lacking = [name for name in kind.required if name not in names]
    double = sorted({name for name in names if name in kind.fields and names.count(name) > 1})
    if lacking:
        raise InputError(
            f"{path} has no column {', '.join(lacking)}. Its columns: {shown(names)}. Known: {shown(kind.fields)}. "
            f"Rename the columns, or say which is which: --map {lacking[0]}=COLUMN."
        )
    if double:
        raise InputError(f"{path} has the column {', '.join(double)} more than once. Remove the others.")


def shown(names: Iterable[str]) -> str:
    """Return names in a line that a person can still read."""
    text = ", ".join(name if name.isprintable() else ascii(name) for name in names)
    return text if len(text) <= 400 else text[:399] + "…"
