"""The command line in this process, as its user sees it."""

from contextlib import closing

import pytest

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.app.cli.main import main
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import Millis
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
from zhanggui.engine.opening import Ingredients, open_shop
from zhanggui.retrieval.fusion import Fusion
from zhanggui.retrieval.index.tantivy_index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHANGGUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZHANGGUI_ENCODER", "hash")
    return tmp_path / "home"


@pytest.fixture
def run(home, monkeypatch, capfd):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["zhanggui", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err and "╭" not in err
        return ended.value.code or 0, out, err

    return call


@pytest.fixture(scope="module")
def small_app(tmp_path_factory):
    """The application over a small real shop."""
    home, clock = tmp_path_factory.mktemp("shop"), FixedClock(Millis(1_760_000_000_000))
    store = open_store(home / "shop.db")
    store.put_products([Product("tea", "green tea"), Product("mug", "white mug")])
    index = TantivyIndex(home / "index", analyser=Analyser(), dim=8)
    shop = open_shop(Ingredients(store, index, MemoryState(clock), clock, Fusion(), close=[index.close]))
    with closing(shop):
        yield create_app(shop, settings=ApiSettings(write_key="key", metrics="on"), clock=clock)
