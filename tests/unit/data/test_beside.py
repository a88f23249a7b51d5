import os
import signal
import subprocess
import sys

import pytest

from zhanggui.data.beside import beside, sweep

FILLER = """
import sys, time
from pathlib import Path
from zhanggui.data.beside import beside
with beside(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("x")
    print("filling", flush=True)
    time.sleep(600)
"""


def test_what_was_renamed_stays_and_what_was_not_is_deleted(tmp_path):
    with beside(tmp_path / "deep") as folder:
        (folder / "file").write_text("x")
        folder.rename(tmp_path / "deep/done")
    with pytest.raises(ValueError, match="no"), beside(tmp_path / "deep"):
        raise ValueError("no")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["done"]


def test_a_killed_process_leaves_a_folder_that_is_swept_a_living_one_does_not(tmp_path):
    with subprocess.Popen([sys.executable, "-c", FILLER, str(tmp_path)], stdout=subprocess.PIPE) as filler:
        assert filler.stdout.readline() == b"filling\n"
        assert sweep(tmp_path) == 0 and len(list(tmp_path.glob("*/half"))) == 1
        os.kill(filler.pid, signal.SIGKILL)
    assert len(list(tmp_path.glob("*/half"))) == 1
    assert sweep(tmp_path) == 1 and list(tmp_path.iterdir()) == []


def test_nothing_to_sweep_is_no_error(tmp_path):
    assert sweep(tmp_path / "absent") == 0
