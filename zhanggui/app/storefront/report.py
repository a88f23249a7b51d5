"""Read the report that the demonstration leaves: how often each way of guessing was right, and examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from zhanggui.core.errors import InputError
from zhanggui.core.ids import ItemId, UserId


@dataclass(frozen=True, slots=True)
class Row:
    """One way of guessing and its figures with their intervals, by metric."""

    system: str
    shipped: bool
    metrics: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Example:
    """What one household was shown and what it really bought."""

    user: UserId
    shown: tuple[ItemId, ...]
    bought: tuple[ItemId, ...]

    @property
    def hits(self) -> frozenset[ItemId]:
        """Return what was both shown and bought."""
        return frozenset(self.shown) & frozenset(self.bought)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole: `tables` holds "all" purchases and "new" ones, `k` items were shown, `days` were watched."""

    cut: str
    days: int
    k: int
    households: int
    tables: Mapping[str, tuple[Row, ...]]
    examples: tuple[Example, ...]

    def shipped(self, table: str) -> Row | None:
        """Return the row of what the shop uses."""
        return next((row for row in self.tables.get(table, ()) if row.shipped), None)


def read_report(path: Path | None) -> Report | None:
    """Read the file; None when there is none yet. InputError when it is not a report."""
    if path is None or not path.is_file():
        return None
    try:
        return _report(orjson.loads(path.read_bytes()))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path.name} is not a report ({type(error).__name__}). Cure: zhanggui demo.") from error


def metric_names(rows: Sequence[Row]) -> list[str]:
    """Return the metrics that the rows have, in the order of the first row that names them."""
    return list(dict.fromkeys(name for row in rows for name in row.metrics))


def _report(content: Mapping[str, object]) -> Report:
    tables, examples = content["tables"], content["examples"]
    if not isinstance(tables, dict) or not isinstance(examples, list):
        raise TypeError("tables is an object, examples a list")
    return Report(
        cut=str(content["cut"])[:10],
        days=int(str(content["days"])),
        k=int(str(content["k"])),
        households=int(str(content["households"])),
        tables={name: tuple(_row(row) for row in rows) for name, rows in tables.items()},
        examples=tuple(_example(one) for one in examples),
    )


def _row(row: Mapping[str, object]) -> Row:
    return Row(
        str(row["system"]), bool(row.get("shipped")), *(_figures(row.get(part)) for part in ("metrics", "low", "high"))
    )


def _figures(part: object) -> dict[str, float]:
    return {str(name): float(value) for name, value in dict(part or {}).items() if value is not None}  # type: ignore[call-overload]


def _example(one: Mapping[str, object]) -> Example:
    shown, bought = one["shown"], one["bought"]
    if not isinstance(shown, list) or not isinstance(bought, list):
        raise TypeError("shown and bought are lists")
    return Example(
        UserId(str(one["user"])),
        tuple(ItemId(str(item)) for item in shown),
        tuple(dict.fromkeys(ItemId(str(item)) for item in bought)),
    )
