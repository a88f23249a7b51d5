import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.util.tensor_util import make_ndarray

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import Millis
from zhanggui.training.tracking.counting import precision_recall
from zhanggui.training.tracking.tensorboard import TensorBoard, at_thresholds


@pytest.fixture
def told(tmp_path):
    tracker = TensorBoard(tmp_path, clock=FixedClock(Millis(1_700_000_000_000)))
    tell(tracker)
    tracker.close()
    tracker.close()
    return tmp_path


@pytest.fixture
def read(told):
    return EventAccumulator(str(told)).Reload()


def test_scalars(read):
    events = read.Scalars("train/loss")
    assert [(event.step, event.wall_time) for event in events] == [(n, 1_700_000_000) for n in range(1, 7)]
    np.testing.assert_allclose([event.value for event in events], [2 / n for n in range(1, 7)])


def test_a_precision_recall_curve_in_the_plug_ins_layout(read):
    assert list(read.PluginTagToContent("pr_curves")) == ["dev/clicked"]
    (event,) = read.Tensors("dev/clicked")
    counts = make_ndarray(event.tensor_proto)
    assert (event.step, counts.shape) == (6, (6, 127))
    assert counts[:, 0].tolist() == [2, 2, 0, 0, 0.5, 1]  # everything is taken at threshold 0
    assert counts[:4].sum(axis=0).tolist() == [4] * 127


def test_a_histogram(read):
    assert list(read.PluginTagToContent("histograms")) == ["dev/score"]
    bins = make_ndarray(read.Tensors("dev/score")[0].tensor_proto)
    assert bins.shape == (40, 3)
    assert bins[:, 2].sum() == 200


def test_settings_as_a_table(read):
    (event,) = read.Tensors("settings")
    assert "| learning_rate | 2e-05 |" in make_ndarray(event.tensor_proto).item().decode()


def test_an_embedding_for_the_projector(told):
    again = TensorBoard(told, clock=FixedClock(Millis(0)))
    again.embedding("train/items", np.eye(2), ["x", "y"])
    again.embedding("dev/items", np.eye(3), ["茶", "two\nlines", ""])
    again.close()
    config = text_format.Parse((told / "projector_config.pbtxt").read_text("utf-8"), ProjectorConfig())
    assert sorted(one.tensor_name for one in config.embeddings) == ["dev/items", "train/items"]
    dev = next(one for one in config.embeddings if one.tensor_name == "dev/items")
    assert (told / dev.metadata_path).read_text("utf-8") == "茶\ntwo lines\n-\n"
    np.testing.assert_array_equal(np.loadtxt(told / dev.tensor_path, delimiter="\t"), np.eye(3))


def test_a_run_that_goes_on_adds_a_file_and_is_read_as_one(told):
    again = TensorBoard(told, clock=FixedClock(Millis(1_700_000_001_000)))
    again.scalars(7, {"train/loss": 0.25})
    again.close()
    steps = [event.step for event in EventAccumulator(str(told)).Reload().Scalars("train/loss")]
    assert steps == [1, 2, 3, 4, 5, 6, 7]


def test_thresholds_agree_with_the_exact_curve():
    dice = np.random.default_rng(1)
    labels = dice.random(300) < 0.3
    scores = np.clip(labels * 0.3 + dice.random(300) * 0.7, 0, 1)
    counts = at_thresholds(labels, scores)
    exact = precision_recall(labels, scores)
    for precision, recall in counts[4:, :100].T:
        place = np.flatnonzero(np.isclose(exact.recall, recall) & np.isclose(exact.precision, precision))
        assert len(place)
