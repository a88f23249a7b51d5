"""Event files for TensorBoard, by the writer that TensorBoard ships: neither torch nor tensorflow is needed.

Look at them:  tensorboard --logdir HOME/runs
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from google.protobuf import text_format
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.histogram import metadata as histogram_plugin
from tensorboard.plugins.pr_curve import metadata as curve_plugin
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.plugins.text import metadata as text_plugin
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

from zhanggui.core.clock import Clock
from zhanggui.training.tracking.counting import counted
from zhanggui.training.tracking.protocol import Figures, Setting, Truths

THRESHOLDS = 127
_CONFIG = "projector_config.pbtxt"


class TensorBoard:
    """Write one event file a process into a folder; a run that goes on adds another, and TensorBoard joins them."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._clock = folder, clock
        self._writer: Any = EventFileWriter(str(folder))

    def settings(self, values: Mapping[str, Setting]) -> None:
        rows = "\n".join(f"| {name} | {value} |" for name, value in sorted(values.items()))
        text = np.array([f"| setting | value |\n|---|---|\n{rows}".encode()], dtype=object)
        self._tensor("settings", text, text_plugin.create_summary_metadata("settings", ""), 0)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._add(step, *(Summary.Value(tag=name, simple_value=value) for name, value in values.items()))

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        told = curve_plugin.create_summary_metadata(name, "", THRESHOLDS)
        self._tensor(name, at_thresholds(labels, squeezed(scores)), told, step)

    def histogram(self, name: str, values: Figures, step: int) -> None:
        counts, edges = counted(values)
        bins = np.stack([edges[:-1], edges[1:], counts], axis=1) if len(counts) else np.zeros((0, 3))
        self._tensor(name, bins, histogram_plugin.create_summary_metadata(name, ""), step)

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        place = self._folder / quote(name, safe="")
        place.mkdir(exist_ok=True)
        rows = ("\t".join(f"{value:.6g}" for value in row) for row in np.asarray(vectors).tolist())
        _write(place / "tensors.tsv", rows)
        _write(place / "metadata.tsv", (" ".join(label.split()) or "-" for label in labels))
        self._project(name, place.name)

    def close(self) -> None:
        self._writer.close()

    def _project(self, name: str, place: str) -> None:
        config, file = ProjectorConfig(), self._folder / _CONFIG
        if file.exists():
            text_format.Parse(file.read_text("utf-8"), config)
        kept = [one for one in config.embeddings if one.tensor_name != name]
        del config.embeddings[:]
        config.embeddings.extend(kept)
        paths = {"tensor_path": f"{place}/tensors.tsv", "metadata_path": f"{place}/metadata.tsv"}
        config.embeddings.add(tensor_name=name, **paths)
        file.write_text(text_format.MessageToString(config), "utf-8")

    def _tensor(self, name: str, values: np.ndarray[Any, Any], told: SummaryMetadata, step: int) -> None:
        kind = None if values.dtype == object else np.float32
        self._add(step, Summary.Value(tag=name, tensor=make_tensor_proto(values, dtype=kind), metadata=told))

    def _add(self, step: int, *values: Summary.Value) -> None:
        event = Event(wall_time=self._clock.now() / 1000, step=step, summary=Summary(value=values))
        self._writer.add_event(event)
        self._writer.flush()  # else a killed run loses two minutes


def squeezed(scores: Figures) -> Figures:
    """Return scores between 0 and 1, where TensorBoard's thresholds lie: as they are if they are there, else logistic.

    >>> squeezed(np.array([0.0, 2.0])).round(3).tolist()
    [0.5, 0.881]
    """
    inside = not len(scores) or (scores.min() >= 0 and scores.max() <= 1)
    return scores if inside else 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -60, 60)))


def at_thresholds(labels: Truths, scores: Figures) -> np.ndarray[Any, Any]:
    """Return (6, 127): true and false positives, true and false negatives, precision, recall at rising thresholds.

    The layout of TensorBoard's plug-in `pr_curve`.
    """
    limits = np.linspace(0, 1, THRESHOLDS)
    truths = np.asarray(labels).astype(bool)
    above = [len(part) - np.searchsorted(part, limits) for part in (np.sort(scores[truths]), np.sort(scores[~truths]))]
    hits, wrong = (counts.astype(np.float64) for counts in above)
    missed, passed = truths.sum() - hits, (~truths).sum() - wrong
    precision = hits / np.maximum(hits + wrong, 1)
    return np.stack([hits, wrong, passed, missed, precision, hits / max(int(truths.sum()), 1)])


def _write(file: Path, lines: Any) -> None:
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
