"""Read CSV and TSV: RFC 4180, also with semicolons, and gentle with broken lines."""

import csv
from collections.abc import Iterator, Sequence

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Reject
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.header import check_header
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source

LONGEST_RECORD = 200
"""A quoted field may go on over so many lines; one that does not end by then is a stray quote."""

LONGEST_FIELD = 2_000_000

Fields = list[str]
Blocks = Iterator[tuple[list[bytes], int]]


def read_delimited(source: Source, kind: Kind) -> Iterator[Batch]:
    """Yield batches of records by the names of the header line; blank lines are skipped.

    A stray quote must not swallow good lines: when no end of the field makes a whole record, only the line where it
    began is set aside and reading goes on with the next one.
    """
    refuse_no_text(source, header=True)
    blocks = source.blocks()
    first, done = next(blocks, ([b""], 0))
    delimiter = _delimiter(source, first[0])
    names = _header(source, first[0], delimiter)
    check_header(source.path, names, kind)
    yield from _batches(blocks, first[1:], done, 1, names, delimiter)


def read_headless(source: Source, names: Sequence[str], *, delimiter: str = ",") -> Iterator[Batch]:
    """Yield batches of records of a file without a header, whose columns have these names."""
    refuse_no_text(source)
    yield from _batches(source.blocks(), [], 0, 0, list(names), delimiter)


def _batches(
    blocks: Blocks, rest: list[bytes], done: int, number: int, names: Fields, delimiter: str
) -> Iterator[Batch]:
    for block, done_next in blocks:
        number, batch, rest = _records(rest, number, names, delimiter, done, last=False)
        yield batch
        rest, done = rest + block, done_next
    yield _records(rest, number, names, delimiter, done, last=True)[1]


def _records(
    block: list[bytes], number: int, names: Fields, delimiter: str, done: int, *, last: bool
) -> tuple[int, Batch, list[bytes]]:
    """Read a block that begins after line `number`; return the last line read, the batch, and what must wait."""
    batch, at = Batch(done), 0
    while at < len(block):
        if not block[at]:
            at, number = at + 1, number + 1
            continue
        used, record, reason = _record(block, at, names, delimiter)
        if not used and not last and len(block) - at < LONGEST_RECORD:
            break
        used = used or 1
        if reason:
            raw = b"\n".join(block[at : at + used]).decode("utf-8", "replace")
            batch.rejects.append(Reject(number + 1, reason, raw))
        elif record:
            batch.numbers.append(number + 1)
            batch.records.append(dict(zip(names, record, strict=True)))
        at, number = at + used, number + used
    return number, batch, block[at:]


def _record(block: list[bytes], at: int, names: Fields, delimiter: str) -> tuple[int, Fields, str]:
    """Return how many lines the record takes, its fields, and what is wrong; 0 lines when a quote does not end."""
    try:
        line = block[at].decode()
    except UnicodeDecodeError as error:
        return 1, [], f"Not UTF-8 at byte {error.start}; save the file as UTF-8."
    if '"' not in line:
        return _checked(1, line.split(delimiter), names)
    found, wrong = _parse([line], delimiter)
    if not wrong:
        return _checked(1, found, names)
    return _long_record(block, at, names, delimiter) if wrong == _OPEN else (1, [], f"Quotes do not match: {wrong}.")


def _long_record(block: list[bytes], at: int, names: Fields, delimiter: str) -> tuple[int, Fields, str]:
    """Read a record whose quoted field goes on over lines: it can only end where its quotes are even in number."""
    quotes = 0
    for used, raw in enumerate(block[at : at + LONGEST_RECORD], 1):
        quotes += raw.count(b'"')
        if quotes % 2 == 0:
            lines = [line.decode("utf-8", "replace") for line in block[at : at + used]]
            found, wrong = _parse(lines, delimiter)
            return (used, found, "") if not wrong and len(found) == len(names) else (1, [], _STRAY)
    return 0, [], _STRAY


def _parse(lines: list[str], delimiter: str) -> tuple[Fields, str]:
    try:
        csv.field_size_limit(LONGEST_FIELD)
        return next(csv.reader([line + "\n" for line in lines], delimiter=delimiter, strict=True)), ""
    except csv.Error as error:
        return [], str(error)


_OPEN = "unexpected end of data"  # what the csv module says of a quote that does not end
_STRAY = "A quote is opened and not closed."


def _checked(used: int, found: Fields, names: Fields) -> tuple[int, Fields, str]:
    if found and len(found) != len(names):
        return used, [], f"{len(found)} fields; the file has {len(names)} columns."
    return used, found, ""


def _delimiter(source: Source, header: bytes) -> str:
    if source.path.name.removesuffix(".gz").endswith(".tsv"):
        return "\t"
    return max(",;\t", key=lambda mark: header.count(mark.encode()))


def _header(source: Source, line: bytes, delimiter: str) -> Fields:
    found, wrong = _parse([line.decode("utf-8", "replace")], delimiter)
    if wrong or not line.strip():
        raise InputError(f"{source.path} has no header in its first line: {wrong or 'it is blank'}. Name the columns.")
    return [name.strip() for name in found]
