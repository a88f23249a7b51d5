"""Products of matrices use one thread each while they should; before and after, what the machine has."""

import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from zhanggui.app.blas import on_one_thread

_SERVING = """
import sys
from pathlib import Path

from threadpoolctl import threadpool_info

from zhanggui.app.cli import serve
from zhanggui.app.settings import load
from zhanggui.app.web import server

def told(app, listener):
    print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])

server.run = told
serve.run(load(home=Path(sys.argv[1])), host="127.0.0.1", port=0)
"""


def _threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_limited_within_and_as_before_afterwards():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(limits=2, user_api="blas"):
        with on_one_thread():
            assert set(_threads()) == {1}
        assert 2 in _threads()


def test_as_before_after_an_error():
    with threadpool_limits(limits=2, user_api="blas"):
        with pytest.raises(ValueError), on_one_thread():
            raise ValueError
        assert 2 in _threads()


def test_the_server_multiplies_on_one_thread(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", _SERVING, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "ZHANGGUI_ENCODER": "hash", "OPENBLAS_NUM_THREADS": "2"},
    )
    assert set(run.stdout.splitlines()[-1].strip("[]").split(", ")) == {"1"}
