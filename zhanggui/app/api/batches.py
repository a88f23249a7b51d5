"""Divide a batch into what can be kept and what cannot, with reasons; the good records are never lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from zhanggui.app.web.body import Record, Unreadable
from zhanggui.core.errors import RecordError
from zhanggui.core.protocols import Receipt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was set aside; `index` counts the records of the batch (NDJSON: the lines not blank) from zero."""

    index: int
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Divided(Generic[T]):
    """The two parts of a batch."""

    good: tuple[T, ...]
    rejected: tuple[Rejected, ...]


def divide(records: Sequence[Record], parse: Callable[[Mapping[str, object]], T]) -> Divided[T]:
    """Parse every record; what raises RecordError goes to the rejected."""
    good: list[T] = []
    rejected: list[Rejected] = []
    for index, record in enumerate(records):
        if isinstance(record, Unreadable):
            rejected.append(Rejected(index, record.message))
            continue
        try:
            good.append(parse(record))
        except RecordError as error:
            rejected.append(Rejected(index, str(error), error.field))
    return Divided(tuple(good), tuple(rejected))


def unknown_fields(records: Sequence[Record], known: Mapping[str, object]) -> list[str]:
    """Return the names that records carry and the contract does not, in order of first appearance."""
    named = (name for record in records if not isinstance(record, Unreadable) for name in record)
    return list(dict.fromkeys(name for name in named if name not in known))


def receipt_json(receipt: Receipt, rejected: Sequence[Rejected], ignored: Sequence[str] = ()) -> dict[str, object]:
    """Return what became of a batch; `ignored` names fields that are not of the contract."""
    return {
        "written": receipt.written,
        "repeated": receipt.repeated,
        "rejected": rejected_json(rejected),
        "ignored": list(ignored),
        "position": receipt.position,
    }


def rejected_json(rejected: Sequence[Rejected]) -> list[dict[str, object]]:
    """Return the records set aside, with reasons."""
    return [
        {"index": one.index, "message": one.message, **({"field": one.field} if one.field else {})} for one in rejected
    ]
