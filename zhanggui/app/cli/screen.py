"""What a terminal shows: tables, progress bars, and the same content as JSON for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from zhanggui.core.errors import InputError

Tick = Callable[[int, int], None]
NAMES = ("system", "item", "name", "variable", "check")
"""Columns that are never broken: names must stay whole to be copied."""

SCREEN = Console(stderr=True, highlight=False)
OUT = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


@contextmanager
def progress(title: str) -> Iterator[Tick]:
    """Show a bar while work goes on; the yielded function takes (done, total), total 0 meaning unknown.

    Where standard error is no terminal there is no bar: a log has no use for one.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=SCREEN, disable=not SCREEN.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def say(text: str) -> None:
    """Tell the person something that is not the answer itself (standard error)."""
    SCREEN.print(text, markup=False, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on standard output; numbers to the right."""
    drawn = Table(title=title, title_justify="left")
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    for name, right in zip(columns, numeric, strict=True):
        drawn.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=name in NAMES)
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    OUT.print(drawn)


def metric_table(title: str, rows: Sequence[Mapping[str, object]], metrics: Sequence[str]) -> None:
    """Print systems side by side: each metric with its interval; the one that would be served is starred."""
    table(title, ["system", *metrics], [[_name(row), *(_interval(row, name) for name in metrics)] for row in rows])


def write_json(path: Path | None, content: object) -> None:
    """Write what a table shows to a file, when one was asked for."""
    if path is None:
        return
    try:
        options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
        path.write_bytes(orjson.dumps(content, default=_plain, option=options) + b"\n")
    except OSError as error:
        raise InputError(
            f"Cannot write {str(path)!r}: {error.strerror}. Cure: give a file in a folder you own."
        ) from None
    say(f"Written: {path}")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _name(row: Mapping[str, object]) -> str:
    return f"{row['system']} *" if row.get("shipped") else str(row["system"])


def _interval(row: Mapping[str, object], metric: str) -> str:
    parts = [row.get(key) for key in ("metrics", "low", "high")]
    value, low, high = (part.get(metric) if isinstance(part, Mapping) else None for part in parts)
    if value is None:
        return "–"
    return f"{value:.4f}" if low is None or high is None else f"{value:.4f} [{low:.4f}, {high:.4f}]"
