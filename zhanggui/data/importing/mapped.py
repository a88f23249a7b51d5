"""Files with columns of other names: a map says which column is which field of the contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Record
from zhanggui.data.importing.formats import FORMATS, Format, Plain
from zhanggui.data.importing.header import check_header, shown
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.translated import translated


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field comes from: a column (`a.b` is b within a), its words exchanged by `values`; else a constant."""

    column: str = ""
    constant: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def of(self, record: Record) -> Any:
        if not self.column:
            return self.constant
        found = lookup(record, self.column)
        return self.values.get(str(found), found) if self.values else found


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A plain format read through a map; columns that the map does not name keep their names."""

    inner: Plain
    fields: Fields

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        unknown = sorted(self.fields.keys() - kind.fields)
        if unknown:
            raise InputError(f"The map names {shown(unknown)}, no field of {kind.name}. Known: {shown(kind.fields)}.")
        return self.inner.sources(paths, kind)

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        columns = {found.column: None for found in self.fields.values() if found.column}
        required = (*columns, *(name for name in kind.required if name not in self.fields))
        foreign = Kind(kind.name, columns.keys() | kind.fields, required)
        return translated(self._checked(source, foreign), self._record)

    def _checked(self, source: Source, kind: Kind) -> Iterator[Batch]:
        """Yield batches; lines of JSON have no header, so the first ones stand for it."""
        batches, known = self.inner.read(source, kind), False
        for batch in batches:
            if batch.records and not known:
                known = True
                check_header(source.path, _names(batch, kind), kind)
            yield batch

    def _record(self, record: Record) -> Record:
        used = {name for found in self.fields.values() for name in (found.column, found.column.partition(".")[0])}
        rest = {name: value for name, value in record.items() if name not in used}
        return rest | {name: found.of(record) for name, found in self.fields.items()}


def mapped(format: str, given: Sequence[str], file: Path | None = None) -> str | Format:
    """Return the format read through what the command line names (`TARGET=COLUMN`, `TARGET==CONSTANT`) and a file.

    The file is JSON: a field is a column's name, or `{"column": NAME, "values": {"pv": "view"}}`, or
    `{"constant": VALUE}`. Raises InputError for what is no map, or a format that has its own.
    """
    fields = (_from_file(file) if file else {}) | dict(map(_parsed, given))
    if not fields:
        return format
    FORMATS.load_plugins()
    inner = FORMATS.make(format)
    if not isinstance(inner, Plain):
        raise InputError(f"--format {format} has columns of its own; --map goes with auto, csv, tsv, jsonl, parquet.")
    return Mapped(inner, fields)


def lookup(record: Record, name: str) -> Any:
    """Return the value of a name, or of a path of names through maps; None when there is none.

    >>> lookup({"a": {"b": 1}, "a.c": 2}, "a.b"), lookup({"a": {"b": 1}, "a.c": 2}, "a.c"), lookup({}, "a.b")
    (1, 2, None)
    """
    if name in record or "." not in name:
        return record.get(name)
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _names(batch: Batch, kind: Kind) -> list[str]:
    """Return the names in the records of a batch, with the paths that the map asks for."""
    names = dict.fromkeys(name for shape in batch.shapes() for name in shape)
    inner = {
        f"{name}.{part}": None
        for record in batch.records[:1000]
        for name, value in record.items()
        if isinstance(value, Mapping)
        for part in value
    }
    asked = [name for name in kind.required if any(lookup(record, name) is not None for record in batch.records)]
    return list(names | inner | dict.fromkeys(asked))


def _parsed(text: str) -> tuple[str, Field]:
    target, mark, column = text.partition("=")
    if not mark or not target or column in ("", "="):
        raise InputError(f"--map {text!r} is no map. Allowed: FIELD=COLUMN, or FIELD==WORD for one word in all lines.")
    constant = column.removeprefix("=")
    return target.strip(), Field(constant=constant) if column.startswith("=") else Field(column)


def _from_file(path: Path) -> dict[str, Field]:
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a map that is there.") from None
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error}. {_FORM}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no map. {_FORM}")
    return {name: _field(path, name, value) for name, value in content.items()}


_FORM = (
    'Allowed: {"FIELD": "COLUMN", "FIELD": {"column": "COLUMN", "values": {"pv": "view"}}, "FIELD": {"constant": 1}}.'
)


def _field(path: Path, name: str, value: object) -> Field:
    if isinstance(value, str) and value:
        return Field(value)
    if isinstance(value, dict) and value.keys() <= {"column", "values"} and isinstance(value.get("column"), str):
        values = value.get("values", {})
        if isinstance(values, dict):
            return Field(value["column"], values=values)
    if isinstance(value, dict) and value.keys() == {"constant"}:
        return Field(constant=value["constant"])
    raise InputError(f"{path} maps {name} to {str(value)[:60]!r}. {_FORM}")
