"""MLflow, from the package `mlflow-skinny`: `pip install 'zhanggui[mlflow]'`.

Into a SQLite file in the run's folder unless the variable MLFLOW_TRACKING_URI names a server or another place.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zhanggui.core.clock import Clock
from zhanggui.training.tracking.counting import counted, precision_recall
from zhanggui.training.tracking.protocol import Figures, Setting, Truths

EXPERIMENT = "zhanggui"


class Mlflow:
    """Log one run, named after its folder. What is no single figure becomes an artifact: JSON; TSV for embeddings."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        import mlflow.entities
        from mlflow.tracking import MlflowClient

        folder.mkdir(parents=True, exist_ok=True)
        self._clock, self._entities = clock, mlflow.entities
        place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder.resolve() / 'mlflow.db'}"
        self._client: Any = MlflowClient(tracking_uri=place)
        found = self._client.get_experiment_by_name(EXPERIMENT)
        kept = None if place.startswith("http") else (folder / "artifacts").resolve().as_uri()
        experiment = found.experiment_id if found else self._client.create_experiment(EXPERIMENT, kept)
        self._run: str = self._client.create_run(experiment, run_name=folder.parent.name).info.run_id

    def settings(self, values: Mapping[str, Setting]) -> None:
        """Log parameters; MLflow refuses to change one, so what is told again becomes a tag."""
        known = self._client.get_run(self._run).data.params
        fresh = [self._entities.Param(name, str(value)) for name, value in values.items() if name not in known]
        self._client.log_batch(self._run, params=fresh)
        for name, value in values.items():
            if name in known and known[name] != str(value):
                self._client.set_tag(self._run, name, str(value))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        now = self._clock.now()
        self._client.log_batch(
            self._run, [self._entities.Metric(_safe(name), value, now, step) for name, value in values.items()]
        )

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        found = precision_recall(labels, scores)
        content = {"recall": found.recall.tolist(), "precision": found.precision.tolist(), "average": found.average}
        self._keep(f"curves/{_safe(name)}-{step}.json", json.dumps(content))

    def histogram(self, name: str, values: Figures, step: int) -> None:
        counts, edges = counted(values)
        content = {"counts": counts.tolist(), "edges": edges.tolist()}
        self._keep(f"histograms/{_safe(name)}-{step}.json", json.dumps(content))

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        rows = zip(labels, np.asarray(vectors).tolist(), strict=True)
        lines = ("\t".join([" ".join(label.split()), *(f"{value:.6g}" for value in row)]) for label, row in rows)
        self._keep(f"embeddings/{_safe(name)}.tsv", "\n".join(lines))

    def close(self) -> None:
        if self._client.get_run(self._run).info.status == "RUNNING":
            self._client.set_terminated(self._run, end_time=self._clock.now())

    def _keep(self, file: str, text: str) -> None:
        self._client.log_text(self._run, text, file)


def _safe(name: str) -> str:
    """Return a name of the characters that MLflow takes; `@` is not among them."""
    return "".join(sign if sign.isalnum() or sign in "_-. /" else "_" for sign in name)
