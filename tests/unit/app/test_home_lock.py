"""One home, one process: refused with a word, and never by what a dead process left behind."""

import subprocess
import sys

import pytest

from zhanggui.app.home_lock import FILE, HeldError, held
from zhanggui.core.errors import ConfigError

HOLD = """
import sys
from pathlib import Path
from zhanggui.app.home_lock import held
with held(Path(sys.argv[1])) as lock:
    lock.tell("http://127.0.0.1:1")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_told_who_has_the_home(tmp_path, other):
    with pytest.raises(HeldError) as refused, held(tmp_path):
        pass
    assert (refused.value.holder.pid, refused.value.holder.url) == (other.pid, "http://127.0.0.1:1")
    for word in (str(other.pid), "http://127.0.0.1:1", "--home"):
        assert word in str(refused.value)


def test_what_a_killed_process_left_does_not_block(tmp_path, other):
    other.kill()
    other.wait()
    assert str(other.pid) in (tmp_path / FILE).read_text()
    with held(tmp_path):
        pass
    assert (tmp_path / FILE).read_text() == ""


def test_two_in_one_process_are_refused_too(tmp_path):
    with held(tmp_path) as lock:
        lock.tell("http://x")
        with pytest.raises(HeldError, match="http://x"), held(tmp_path):
            pass
    with held(tmp_path):
        pass


def test_nonsense_in_the_file_is_no_matter(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff{")
    with held(tmp_path):
        (tmp_path / FILE).write_bytes(b'{"who": 1}')
        with pytest.raises(HeldError, match="another process"), held(tmp_path):
            pass


def test_a_home_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="--home"), held(tmp_path / "file"):
        pass
