"""What `train encoder` says before it needs torch."""

from pathlib import Path

import pytest

from zhanggui.app import fine_tuning
from zhanggui.app.fine_tuning import Lesson
from zhanggui.app.releasing import Order, Part, make_release
from zhanggui.app.settings import load
from zhanggui.core.errors import ConfigError
from zhanggui.data.store import open_store


def test_without_torch_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tuning, "find_spec", lambda name: None)
    settings, store = load(environ={}, home=tmp_path), open_store(tmp_path / "shop.db")
    with pytest.raises(ConfigError, match=r"pip install 'zhanggui\[train\]'"):
        make_release(settings, store, Order(Part.ENCODER), told=lambda what, done, steps: None)
    store.close()
    assert not list((tmp_path / "releases").glob("2*")), "nothing half-made is left"


def test_a_lesson_of_a_shop_without_products_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path / "shop.db")
    with pytest.raises(fine_tuning.InputError, match="0 pairs are too few"):
        fine_tuning._pairs(store, Lesson("any", 1.0, 0))
    store.close()
