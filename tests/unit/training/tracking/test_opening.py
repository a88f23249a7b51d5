import subprocess
import sys

import pytest

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import ConfigError, UnknownNameError
from zhanggui.core.ids import Millis
from zhanggui.training.tracking import open_tracker, read_run

CLOCK = FixedClock(Millis(1_700_000_000_000))


def test_a_run_is_kept_and_shown_in_tensorboard_unless_told_otherwise(tmp_path):
    tracker = open_tracker(tmp_path, clock=CLOCK)
    tell(tracker)
    tracker.close()
    assert list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))
    assert len(read_run(tmp_path).scalars) == 3


def test_nobody_else_is_told_when_nobody_is_named(tmp_path):
    open_tracker(tmp_path, clock=CLOCK, also=()).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays", "metrics.jsonl"]


def test_a_name_that_is_none_and_a_package_that_is_not_here(tmp_path, monkeypatch):
    with pytest.raises(UnknownNameError, match="Known: mlflow, tensorboard, wandb"):
        open_tracker(tmp_path, clock=CLOCK, also=["tensorbored"])
    monkeypatch.setattr(sys, "path", [])  # the machine without the extra
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'zhanggui\[wandb\]'"):
        open_tracker(tmp_path / "new", clock=CLOCK, also=["wandb"])
    assert not (tmp_path / "new").exists()


def test_nothing_is_imported_before_it_is_chosen():
    code = (
        "import sys, zhanggui.training.tracking; print(*{'tensorboard', 'wandb', 'mlflow', 'torch'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"\n"
