"""Keep a run in its folder: one JSON line for each thing told, numpy arrays beside. It is what the report is made of.

RUN/metrics.jsonl                       one object a line; see `kept` for what the lines hold
RUN/arrays/curve-NAME-STEP.npz          labels and scores of one curve
RUN/arrays/embedding-NAME.npz           vectors and labels of one embedding

Every line is one write that ends in a newline, so a process killed at any moment loses at most the line it was writing.
That torn end is cut off when the run goes on.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson

from zhanggui.core.clock import Clock
from zhanggui.core.errors import InputError
from zhanggui.training.tracking.counting import counted
from zhanggui.training.tracking.protocol import Figures, Setting, Truths

LINES = "metrics.jsonl"
ARRAYS = "arrays"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


class Recorder:
    """Append to a run's folder, made when absent. Raises InputError when it cannot be written."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        try:
            (folder / ARRAYS).mkdir(parents=True, exist_ok=True)
            _cut_torn_end(folder / LINES)
            self._lines = (folder / LINES).open("ab", buffering=0)
        except OSError as fault:
            raise InputError(
                f"The run's folder {str(folder)!r} cannot be written: {fault.strerror}. Cure: give one you own."
            ) from fault

    def settings(self, values: Mapping[str, Setting]) -> None:
        """Keep settings; `data_from` and `data_until` (ms UTC) are shown as the span of the data."""
        self._write("settings", values=dict(values))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._write("scalars", step=step, values={name: float(value) for name, value in values.items()})

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        arrays = {"labels": np.asarray(labels).astype(bool), "scores": np.asarray(scores, np.float32)}
        file = self._save(f"curve-{quote(name, safe='')}-{step}", arrays)
        self._write("curve", name=name, step=step, file=file)

    def histogram(self, name: str, values: Figures, step: int) -> None:
        counts, edges = counted(values)
        self._write("histogram", name=name, step=step, counts=counts, edges=edges)

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        arrays = {"vectors": np.asarray(vectors, np.float32), "labels": np.array(list(labels), dtype=np.str_)}
        self._write("embedding", name=name, file=self._save(f"embedding-{quote(name, safe='')}", arrays))

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> None:
        """Keep a table for the report: size, speed, quality of what was exported. Told again, it is replaced."""
        self._write("table", name=name, columns=list(columns), rows=[list(row) for row in rows])

    def close(self) -> None:
        self._lines.close()

    def _write(self, kind: str, **fields: Any) -> None:
        self._lines.write(
            orjson.dumps({"kind": kind, "time": self._clock.now(), **fields}, default=str, option=_OPTIONS)
        )

    def _save(self, name: str, arrays: Mapping[str, np.ndarray[Any, Any]]) -> str:
        file, half = self._folder / ARRAYS / f"{name}.npz", self._folder / ARRAYS / f"{name}.half"
        with half.open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle
        half.replace(file)
        return f"{ARRAYS}/{file.name}"


def _cut_torn_end(file: Path) -> None:
    if file.exists():
        whole = file.read_bytes().rfind(b"\n") + 1
        with file.open("r+b") as stream:
            stream.truncate(whole)
