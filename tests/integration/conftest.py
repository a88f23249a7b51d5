"""The command line in this process, as its user sees it."""

import pytest

from zhanggui.app.cli.main import main


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
