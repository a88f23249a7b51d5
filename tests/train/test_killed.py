"""`zhanggui train encoder` killed with -9 at its worst moments: nothing half made is served, and it goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.train.language.tiny import tiny_base
from zhanggui.app.build import current_release
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
from zhanggui.encoders.folder import open_folder
from zhanggui.training.language.base import save_base

WORDS = [f"w{n}" for n in range(60)]
SECONDS = 240.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    dice = random.Random(5)
    (tmp_path / "home").mkdir()
    with closing(open_store(tmp_path / "home" / "shop.db")) as store:
        store.put_products([Product(f"p{n}", title=" ".join(dice.sample(WORDS, 7))) for n in range(160)])
    save_base(tiny_base(WORDS, prefixes=True), tmp_path / "tiny")
    return tmp_path / "home"


def training(home: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "zhanggui", "--home", str(home), "train", "encoder"]
    command += ["--base", str(home.parent / "tiny"), "--budget", "0.2"]
    environment = os.environ | {"ZHANGGUI_ENCODER": "hash", "ZHANGGUI_CACHE": str(home.parent / "cache")}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def there(seen: Callable[[], bool]) -> bool:
    try:
        return seen()
    except FileNotFoundError:  # a folder went while it was looked through
        return False


def killed_when(seen: Callable[[], bool], home: Path) -> bool:
    """Kill a training as soon as something is seen; return whether it was still running."""
    with training(home) as process:
        end = time.monotonic() + SECONDS
        while not there(seen) and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.01)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return alive


def test_whatever_moment_it_is_killed_at_it_goes_on_and_nothing_half_made_is_served(home: Path) -> None:
    checkpoints, releases = home / "training" / "encoder" / "queries", home / "releases"
    assert killed_when(lambda: any(checkpoints.glob("saved-*/progress.json")), home), (
        "while the first model is learning"
    )
    assert current_release(home) is None
    kept = {path.name for path in checkpoints.glob("saved-*")}
    assert kept, "the next run begins there"
    assert killed_when(lambda: any(releases.rglob("model.onnx")), home), "while the Release is being written"
    assert current_release(home) is None
    with training(home) as process:
        told, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told.decode()
    release = current_release(home)
    assert release is not None and open_folder(release.path / "encoder").queries(["w1 w2"]).shape[0] == 1
    assert [path.name for path in releases.glob("2*")] == [release.manifest.name], "what was half made is gone"
    assert not (home / "training" / "encoder").exists()
