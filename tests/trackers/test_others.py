"""Weights & Biases and MLflow with their real packages, where they are installed."""

import json
from importlib.util import find_spec

import pytest

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import Millis
from zhanggui.training.tracking import open_tracker

CLOCK = FixedClock(Millis(1_700_000_000_000))
# The packages themselves warn of what is old in their own dependencies.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.skipif(find_spec("wandb") is None, reason="pip install 'zhanggui[wandb]'")
def test_weights_and_biases_offline(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    tracker = open_tracker(tmp_path / "run", clock=CLOCK, also=["wandb"])
    tell(tracker)
    tracker.close()
    tracker.close()
    (kept,) = (tmp_path / "run" / "wandb" / "wandb").glob("offline-run-*/*.wandb")
    content = kept.read_bytes()
    for name in (b"train/loss", b"dev/mrr@10", b"dev/score", b"dev/clicked", b"learning_rate"):
        assert name in content


@pytest.mark.skipif(find_spec("mlflow") is None, reason="pip install 'zhanggui[mlflow]'")
def test_mlflow_in_a_file_of_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    tracker = open_tracker(tmp_path / "run", clock=CLOCK, also=["mlflow"])
    tell(tracker)
    tracker.settings({"seed": 8})
    tracker.close()
    tracker.close()
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'run' / 'mlflow' / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("zhanggui").experiment_id])
    assert (run.info.run_name, run.info.status) == ("run", "FINISHED")
    assert (run.data.params["seed"], run.data.tags["seed"]) == ("7", "8")
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(told.step, told.value) for told in history] == [(n, 2 / n) for n in range(1, 7)]
    assert "dev/mrr_10" in run.data.metrics
    (curve,) = (tmp_path / "run" / "mlflow" / "artifacts").rglob("*clicked-6.json")
    assert json.loads(curve.read_text())["average"] == pytest.approx((1 + 2 / 3) / 2)
