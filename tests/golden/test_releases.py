"""What `zhanggui releases` shows, letter for letter.

After a change that is meant, write it anew and read the difference:  GOLDEN=write pytest tests/golden/test_releases.py
"""

import os
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from zhanggui import __version__
from zhanggui.app.cli.main import app
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import DAY, Millis
from zhanggui.data.release import Facts, promote, write_release

FOLDER = Path(__file__).parent / "releases"
NOW = Millis(1_760_000_000_000)


def filling(facts: Facts, *files: str):
    def fill(folder: Path) -> Facts:
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text("made by the test", "utf-8")
        return facts

    return fill


@pytest.fixture
def home(tmp_path):
    collaborative = Facts(Millis(NOW - 90 * DAY), Millis(NOW - DAY), {"part": "all", "seed": 7}, {"ndcg@20": 0.1634})
    encoder = Facts(
        Millis(NOW - 90 * DAY),
        NOW,
        {"part": "encoder", "seed": 7, "budget_minutes": 20, "plan": {"batch": 48}},
        {"mrr@10": 0.8251, "pairs": 12_000, "fusion": {"weight": 0.3}},
    )
    clock = FixedClock(NOW)
    for name, facts, files in (
        ("20251009-1", collaborative, ("knn.npz",)),
        ("20251009-2", encoder, ("runs/encoder/report.html", "runs/encoder/metrics.jsonl", "encoder/model.onnx")),
        ("20251010-1", Facts(), ()),
    ):
        write_release(tmp_path, name=name, clock=clock, fill=filling(facts, *files))
        clock.advance(DAY)
    promote(tmp_path, "20251009-2")
    return tmp_path


def golden(name: str, content: str) -> None:
    file = FOLDER / name
    if os.environ.get("GOLDEN") == "write":
        file.write_text(content, "utf-8")
    assert content == file.read_text("utf-8")


def test_the_table_and_its_json(home):
    answer = CliRunner().invoke(app, ["--home", str(home), "releases", "--json", str(home / "rows.json")])
    assert answer.exit_code == 0
    golden("table.txt", answer.stdout)
    rows = orjson.loads((home / "rows.json").read_bytes())
    for row in rows:
        assert row.pop("version") == __version__
    golden("rows.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
