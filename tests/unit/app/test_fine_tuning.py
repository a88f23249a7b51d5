"""What `train encoder` says before it needs torch."""

from pathlib import Path

import pytest

from zhanggui.app import training_runs
from zhanggui.app.lessons import Lesson, gather
from zhanggui.app.releasing import Order, Part, make_release
from zhanggui.app.settings import load
from zhanggui.core.errors import ConfigError, InputError
from zhanggui.data.store import open_store


def test_without_torch_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_runs, "find_spec", lambda name: None)
    settings, store = load(environ={}, home=tmp_path), open_store(tmp_path / "shop.db")
    with pytest.raises(ConfigError, match=r"pip install 'zhanggui\[train\]'"):
        make_release(settings, store, Order(Part.ENCODER), told=lambda what, done, steps: None)
    store.close()
    assert not list((tmp_path / "releases").glob("2*")), "nothing half-made is left"


def test_a_lesson_of_a_shop_without_products_is_refused(tmp_path: Path) -> None:
    settings, store = load(environ={"ZHANGGUI_ENCODER": "hash"}, home=tmp_path), open_store(tmp_path / "shop.db")
    with pytest.raises(InputError, match="0 pairs are too few"):
        gather(settings, store, Lesson("any", 1.0, 0), told=lambda what, done, steps: None)
    store.close()
