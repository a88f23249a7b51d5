"""Files of a home, beside the database and what is derived from it, in which a shopper may be named.

Lines set aside by imports are blanked in place, so that an import that is writing the same file is not disturbed;
blank lines mean nothing to whoever reads it. Reports and traces of faults are removed whole.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LONG = 8
"""From so many characters on an id is looked for anywhere; a shorter one must stand alone, or "12" is in all."""

_APART = r"\s,;|\"'=:\[\]{}()<>/\\"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """How many lines were blanked, and which files were removed."""

    lines: int
    files: tuple[Path, ...]


def erase_from_files(home: Path, users: Sequence[str]) -> Leftovers:
    """Erase users from rejects/, logs/ and report.json of a home."""
    named = naming(users)
    lines = sum(_blank_lines(file, named) for file in sorted((home / "rejects").glob("*.jsonl*")))
    whole = [file for file in (*sorted((home / "logs").glob("*.log")), home / "report.json") if file.is_file()]
    removed = tuple(file for file in whole if named.search(file.read_text("utf-8", "replace")))
    for file in removed:
        file.unlink()
    return Leftovers(lines, removed)


def forget_files(home: Path, *, before: float) -> Leftovers:
    """Remove files of lines set aside and of faults that nobody has written since `before` (seconds since 1970)."""
    files = [*sorted((home / "rejects").glob("*.jsonl*")), *sorted((home / "logs").glob("*.log"))]
    old = tuple(file for file in files if file.stat().st_mtime < before)
    for file in old:
        file.unlink()
    return Leftovers(0, old)


def naming(users: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of texts that name one of the users, as plain text, in JSON or in CSV.

    >>> [bool(naming(["12"]).search(text)) for text in ("12,view", '{"user_id":"12"}', "u1,120", "a-12")]
    [True, True, False, False]
    >>> bool(naming(["customer-0007"]).search("id-customer-0007"))
    True
    """
    forms = (form for user in users for form in _forms(user))
    return re.compile("|".join(forms) or r"(?!)")


def _forms(user: str) -> Iterator[str]:
    plain, ascii_only = json.dumps(user, ensure_ascii=False)[1:-1], json.dumps(user)[1:-1]
    for form in sorted({user, plain, ascii_only, user.replace('"', '""')} - {""}):
        apart = re.escape(form) if len(user) >= LONG else rf"(?<![^{_APART}]){re.escape(form)}(?![^{_APART}])"
        yield f"(?:{apart})"


def _blank_lines(path: Path, named: re.Pattern[str]) -> int:
    with path.open("r+b") as file:
        found = [(start, length) for start, length, text in _texts(file) if named.search(text)]
        for start, length in found:
            file.seek(start)
            file.write(b" " * length)
    return len(found)


def _texts(file: BinaryIO) -> Iterator[tuple[int, int, str]]:
    """Yield where each line starts, its length without the end, and what it says."""
    start = 0
    for line in file:
        content = line.rstrip(b"\r\n")
        yield start, len(content), _said(content)
        start += len(line)


def _said(line: bytes) -> str:
    """Return a line and, from one that was set aside, the original without the escapes of its wrapping."""
    text = line.decode("utf-8", "replace")
    try:
        row = json.loads(text)
    except ValueError:
        return text
    inner = [value for value in row.values() if isinstance(value, str)] if isinstance(row, dict) else []
    return "\n".join([text, *inner])
