"""Formats by name. `auto` looks at each file: at its content where that is certain, else its name, else its start.

A plug-in joins with the entry-point group `zhanggui.format`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zhanggui.core.errors import InputError
from zhanggui.core.registry import Registry
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.delimited import read_delimited
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.jsonl import read_jsonl
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.parquet import read_parquet
from zhanggui.data.importing.source import Source

Reader = Callable[[Source, Kind], Iterator[Batch]]


class Format(Protocol):
    """A way to read files."""

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        """Return the files to read. Raises InputError when one cannot be read at all."""
        ...

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        """Yield the records of a file. Raises InputError when it breaks off."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Files that hold the records of the contract; `choose` finds the reader of one."""

    choose: Callable[[Source], Reader]

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        if not paths:
            raise InputError(f"No file is named. Say which: zhanggui import {kind.name} FILE…")
        found = [Source.at(path) for path in paths]
        for source in found:
            self.choose(source)
        return found

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        return self.choose(source)(source, kind)


FORMATS: Registry[Format] = Registry("format")


@FORMATS.add("jsonl")
def _jsonl() -> Format:
    return Plain(lambda _: read_jsonl)


@FORMATS.add("csv")
@FORMATS.add("tsv")
def _delimited() -> Format:
    return Plain(lambda _: read_delimited)


@FORMATS.add("parquet")
def _parquet() -> Format:
    return Plain(lambda _: read_parquet)


@FORMATS.add("auto")
def _auto() -> Format:
    return Plain(reader_of)


@FORMATS.add("generic")
def _generic() -> Format:
    return Plain(reader_of)


_BY_NAME: dict[str, Reader] = {
    "jsonl": read_jsonl,
    "ndjson": read_jsonl,
    "csv": read_delimited,
    "tsv": read_delimited,
}
_ALLOWED = ", ".join((*_BY_NAME, "parquet"))


def reader_of(source: Source) -> Reader:
    """Return the reader of a file. Raises InputError when nothing fits."""
    if source.head().startswith(b"PAR1"):
        return read_parquet
    name = source.path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if name == "parquet":
        raise InputError(f"{source.path} is named Parquet but is not. Fetch or write it again.")
    head = refuse_no_text(source)
    return _BY_NAME.get(name) or _by_start(source, head)


def _by_start(source: Source, head: bytes) -> Reader:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"{", b"[")):
        return read_jsonl
    if any(mark in text.partition(b"\n")[0] for mark in (b",", b"\t", b";")):
        return read_delimited
    raise InputError(f"{source.path} is of no known format. Allowed: {_ALLOWED}, also with .gz.")
