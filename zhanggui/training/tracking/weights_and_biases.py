"""Weights & Biases, from the package `wandb`: `pip install 'zhanggui[wandb]'`.

Offline unless the variable WANDB_MODE says otherwise: nothing leaves the machine before somebody runs `wandb sync`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zhanggui.training.tracking.counting import counted, precision_recall
from zhanggui.training.tracking.protocol import Figures, Setting, Truths

PROJECT = "zhanggui"


class WeightsAndBiases:
    """Log one run, named after its folder; each figure carries its own `step`, since wandb's own must never go back."""

    def __init__(self, folder: Path) -> None:
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        mode: Any = os.environ.get("WANDB_MODE", "offline")
        self._wandb: Any = wandb
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            dir=folder,
            name=folder.parent.name,
            mode=mode,
            settings=wandb.Settings(silent=True, console="off", x_disable_stats=True),
        )
        self._run.define_metric("*", step_metric="step")

    def settings(self, values: Mapping[str, Setting]) -> None:
        self._run.config.update(dict(values), allow_val_change=True)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log({**values, "step": step})

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        found = precision_recall(labels, scores)
        points = [list(point) for point in zip(found.recall.tolist(), found.precision.tolist(), strict=True)]
        table = self._wandb.Table(columns=["recall", "precision"], data=points)
        self._run.log({name: self._wandb.plot.line(table, "recall", "precision", title=name), "step": step})

    def histogram(self, name: str, values: Figures, step: int) -> None:
        counts, edges = counted(values)
        if len(counts):
            self._run.log({name: self._wandb.Histogram(np_histogram=(counts.tolist(), edges.tolist())), "step": step})

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        columns = ["label", *(f"d{at}" for at in range(np.shape(vectors)[1]))]
        rows = [[label, *row] for label, row in zip(labels, np.asarray(vectors).tolist(), strict=True)]
        self._run.log({name: self._wandb.Table(columns=columns, data=rows)})

    def close(self) -> None:
        """End the run; `finish` comes back before the service has written the file, `teardown` waits for it."""
        self._run.finish()
        self._wandb.teardown()
