"""Read back what a Recorder kept, while the run goes on, after it ended, or after it was killed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.training.tracking.recorder import LINES


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over steps: both (n,), steps rising and distinct; a figure that was no number is NaN."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels (n,) and what they label: scores (n,) or vectors (n, d)."""

    labels: NDArray[Any]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Counts:
    """A histogram: counts (m,) between edges (m + 1,)."""

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as told, one cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(slots=True)
class Kept:
    """All that a run told, by name; curves and histograms by name and step.

    `torn` counts lines that are no JSON, `lost` counts arrays that are named and not there.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    scalars: dict[str, Series] = field(default_factory=dict)
    curves: dict[str, dict[int, Labelled]] = field(default_factory=lambda: defaultdict(dict))
    histograms: dict[str, dict[int, Counts]] = field(default_factory=lambda: defaultdict(dict))
    embeddings: dict[str, Labelled] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    first: Millis | None = None
    last: Millis | None = None
    torn: int = 0
    lost: int = 0


def read_run(folder: Path) -> Kept:
    """Read a run's folder; what was told twice of one step counts as told the last time. Raises InputError."""
    kept, figures = Kept(), defaultdict[str, dict[int, float]](dict)
    for line in _lines(folder, kept):
        kept.first, kept.last = kept.first if kept.first is not None else line["time"], line["time"]
        _take(kept, figures, line, folder)
    for name, told in figures.items():
        steps = sorted(told)
        kept.scalars[name] = Series(np.array(steps, np.int64), np.array([told[step] for step in steps]))
    return kept


def _lines(folder: Path, kept: Kept) -> Iterator[dict[str, Any]]:
    try:
        content = (folder / LINES).read_bytes()
    except OSError as fault:
        raise InputError(f"{folder / LINES} cannot be read: {fault.strerror}. Cure: name a run's folder.") from fault
    for line in content.splitlines():
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            kept.torn += 1


def _take(kept: Kept, figures: Mapping[str, dict[int, float]], line: Mapping[str, Any], folder: Path) -> None:
    match line["kind"]:
        case "settings":
            kept.settings |= line["values"]
        case "scalars":
            for name, value in line["values"].items():
                figures[name][line["step"]] = np.nan if value is None else value
        case "histogram":
            counts = Counts(np.array(line["counts"], np.int64), np.array(line["edges"], np.float64))
            kept.histograms[line["name"]][line["step"]] = counts
        case "table":
            kept.tables[line["name"]] = Table(tuple(line["columns"]), tuple(map(tuple, line["rows"])))
        case "curve":
            if (found := _arrays(kept, folder / line["file"], "scores")) is not None:
                kept.curves[line["name"]][line["step"]] = found
        case "embedding":
            if (found := _arrays(kept, folder / line["file"], "vectors")) is not None:
                kept.embeddings[line["name"]] = found


def _arrays(kept: Kept, file: Path, values: str) -> Labelled | None:
    if not file.is_file():
        kept.lost += 1
        return None
    with np.load(file, allow_pickle=False) as arrays:
        return Labelled(arrays["labels"], arrays[values])
