"""Each fuzz target runs for a fixed number of inputs, from its seeds on, in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("target", "runs"), [("importers", 800), ("queries", 5000)])
def test_nothing_but_our_errors_comes_out(target, runs, tmp_path):
    command = [
        sys.executable,
        "-m",
        f"tests.fuzz.{target}",
        f"-runs={runs}",
        "-seed=7",
        f"-artifact_prefix={tmp_path}/",
    ]
    environment = os.environ | {"TMPDIR": str(tmp_path)}  # libFuzzer ends the process and leaves its files
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    finished = re.search(r"Done (\d+) runs", done.stderr)  # it ends a mutation it has begun: a few more
    assert finished and int(finished[1]) >= runs
