import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.training.tracking import Recorder, Several, Silent, read_run

KILLED = """
import sys
from pathlib import Path
from zhanggui.core.clock import SystemClock
from zhanggui.training.tracking import Recorder
tracker = Recorder(Path(sys.argv[1]), clock=SystemClock())
for step in range(1, 10**9):
    tracker.scalars(step, {"train/loss": float(step)})
"""


@pytest.fixture
def recorder(tmp_path):
    made = Recorder(tmp_path / "run", clock=FixedClock(Millis(1000)))
    yield made
    made.close()


def test_what_was_told_is_read_back(recorder, tmp_path):
    tell(recorder)
    recorder.table("shipped", ["form", "MB"], [["fp32", 470.1], ["int8", 59]])
    kept = read_run(tmp_path / "run")
    assert kept.settings["part"] == "encoder"
    assert kept.scalars["train/loss"].steps.tolist() == [1, 2, 3, 4, 5, 6]
    assert kept.scalars["train/loss"].values.tolist() == [2 / step for step in range(1, 7)]
    curve, histogram = kept.curves["dev/clicked"][6], kept.histograms["dev/score"][6]
    assert curve.labels.tolist() == [True, False, True, False]
    np.testing.assert_array_equal(curve.values, np.float32([0.9, 0.8, 0.7, 0.1]))
    assert histogram.counts.sum() == 200
    assert kept.embeddings["dev/items"].labels.tolist() == ["茶", "mug", "a\ttab", "", "<b>"]
    assert kept.tables["shipped"].rows == (("fp32", 470.1), ("int8", 59))
    assert (kept.first, kept.last, kept.torn, kept.lost) == (1000, 1000, 0, 0)


def test_a_loss_that_is_not_a_number_is_kept_as_such(recorder, tmp_path):
    recorder.scalars(1, {"train/loss": float("nan"), "dev/loss": float("inf")})
    scalars = read_run(tmp_path / "run").scalars
    assert np.isnan([scalars["train/loss"].values[0], scalars["dev/loss"].values[0]]).all()


def test_settings_may_be_richer_than_words_and_figures(recorder, tmp_path):
    recorder.settings({"dims": (64, 384), "folder": tmp_path, "rate": np.float32(0.5)})
    assert read_run(tmp_path / "run").settings == {"dims": [64, 384], "folder": str(tmp_path), "rate": 0.5}


def test_a_run_that_goes_on_tells_a_step_again_and_the_later_word_wins(recorder, tmp_path):
    recorder.scalars(1, {"train/loss": 3.0})
    recorder.scalars(2, {"train/loss": 2.0})
    with_more = Recorder(tmp_path / "run", clock=FixedClock(Millis(5000)))
    with_more.scalars(2, {"train/loss": 1.5})
    with_more.scalars(3, {"train/loss": 1.0})
    with_more.close()
    kept = read_run(tmp_path / "run")
    assert kept.scalars["train/loss"].values.tolist() == [3.0, 1.5, 1.0]
    assert (kept.first, kept.last) == (1000, 5000)


@pytest.mark.parametrize("torn", [b'{"kind":"scalars","st', b"\xe8\x8c"])
def test_a_torn_last_line_is_left_out_and_cut_off_when_the_run_goes_on(recorder, tmp_path, torn):
    recorder.scalars(1, {"train/loss": 3.0})
    file = tmp_path / "run" / "metrics.jsonl"
    with file.open("ab") as stream:
        stream.write(torn)
    kept = read_run(tmp_path / "run")
    assert (kept.torn, kept.scalars["train/loss"].values.tolist()) == (1, [3.0])
    again = Recorder(tmp_path / "run", clock=FixedClock(Millis(1)))
    again.scalars(2, {"train/loss": 2.0})
    again.close()
    kept = read_run(tmp_path / "run")
    assert (kept.torn, kept.scalars["train/loss"].values.tolist()) == (0, [3.0, 2.0])


def test_kill_9_leaves_every_step_but_the_last(tmp_path):
    run, file = tmp_path / "run", tmp_path / "run" / "metrics.jsonl"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(run)])
    deadline = time.monotonic() + 30
    while not (file.exists() and file.stat().st_size > 20_000) and time.monotonic() < deadline:
        os.sched_yield()
    child.send_signal(signal.SIGKILL)
    child.wait()
    series = read_run(run).scalars["train/loss"]
    assert len(series.steps) > 100
    assert series.steps.tolist() == list(range(1, len(series.steps) + 1)) == series.values.tolist()


def test_arrays_that_are_gone_are_counted(recorder, tmp_path):
    tell(recorder)
    for file in (tmp_path / "run" / "arrays").iterdir():
        file.unlink()
    kept = read_run(tmp_path / "run")
    assert (kept.lost, dict(kept.curves), kept.embeddings) == (2, {}, {})


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        Recorder(tmp_path / "file", clock=FixedClock(Millis(0)))
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path / "nowhere")


def test_several_hear_the_same_and_all_are_closed(tmp_path):
    runs = [tmp_path / "one", tmp_path / "two"]
    both = Several([Silent(), *(Recorder(run, clock=FixedClock(Millis(7))) for run in runs)])
    tell(both)
    both.close()
    both.close()
    one, two = ((run / "metrics.jsonl").read_bytes() for run in runs)
    assert one == two
    with pytest.raises(ValueError, match="closed"):
        both.scalars(1, {})
