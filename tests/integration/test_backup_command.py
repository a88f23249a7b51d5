"""`zhanggui backup`, `restore` and `move` as a person uses them: the shop answers afterwards as it did before."""

import json
import re
import time

import pytest
from starlette.testclient import TestClient

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.app.build import opened_shop
from zhanggui.app.cli.main import main
from zhanggui.app.home_lock import held
from zhanggui.app.settings import load
from zhanggui.core.clock import FixedClock

WORDS = ("绿茶", "普洱", "玻璃杯", "机油", "滤芯", "茶壶")
QUESTIONS = (
    "/search?q=茶&k=20",
    "/search?q=glass cup&k=20",
    *(f"/recommend/{user}?k=20" for user in ("u0", "u1", "u7", "stranger")),
    "/similar/i3?k=20",
    "/bought-together/i3?k=20",
    "/explain/u1/i4",
    "/trending?k=20",
)
NOW = 1_763_000_000_000
PATIENCE = 30
CHANGING = re.compile(r'"(ranking_id|request_id)":"[^"]*",?|"score":[0-9.e-]+')
"""Differs whenever one asks, or (scores of words, by a hair) with the history of an index: what it still holds of old
versions of a product counts among the documents. The items, their order and their reasons are compared."""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZHANGGUI_ENCODER", "hash")

    def call(home, *words):
        monkeypatch.setattr("sys.argv", ["zhanggui", "--home", str(tmp_path / home), *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return call


@pytest.fixture
def shop(run, tmp_path):
    """Make a trained shop of 24 products and 30 shoppers in the home `old`; return all it answers."""
    products = [
        {"item_id": f"i{n}", "title": f"{WORDS[n % 6]} {n}号 glass {n}", "category": WORDS[n % 3], "price": 10 + n}
        for n in range(24)
    ]
    events = [
        {"user_id": f"u{u}", "type": "purchase", "time": 1_760_000_000 + 86_400 * (u + 3 * s), "item_id": f"i{item}"}
        for u in range(30)
        for s, item in enumerate({u % 6, (u % 6) + 6, (u * 7) % 24, (u % 6) + 12})
    ]
    for kind, records in (("products", products), ("events", events)):
        file = tmp_path / f"{kind}.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        assert run("old", "import", kind, file)[0] == 0
    assert run("old", "train")[0] == 0
    answers(tmp_path / "old")  # the vectors as made; from now on as kept, in half precision
    found = answers(tmp_path / "old")
    assert all('"item_id":"i' in text or '"evidence"' in text for text in found)
    return found


def answers(home):
    """Return what the shop of a home answers over its API, once it knows what all products mean."""
    settings, clock = load(home=str(home)), FixedClock(NOW)
    with opened_shop(settings, clock=clock) as shop:
        deadline = time.monotonic() + PATIENCE
        while (meaning := shop.health().meaning).done < meaning.total or not meaning.total:
            assert time.monotonic() < deadline, meaning
            time.sleep(0.01)
        client = TestClient(create_app(shop, settings=ApiSettings(), clock=clock))
        found = [client.get(f"/v1{question}") for question in QUESTIONS]
    assert all(answer.status_code == 200 for answer in found), [answer.text for answer in found]
    return [CHANGING.sub("", answer.text) for answer in found]


def test_a_restored_shop_gives_the_same_answers(run, shop, tmp_path):
    with held(tmp_path / "old"):  # a server has the home open
        code, _, err = run("old", "backup", tmp_path / "shop.tar", "--json", tmp_path / "facts.json")
    assert code == 0 and "Written" in err
    code, _, err = run("new", "restore", tmp_path / "shop.tar")
    assert code == 0 and "Restored" in err and "serve" in err
    assert vectors(tmp_path / "new") == vectors(tmp_path / "old") != {}
    assert answers(tmp_path / "new") == shop
    assert vectors(tmp_path / "new") == vectors(tmp_path / "old")  # nothing was encoded again
    facts = json.loads((tmp_path / "facts.json").read_bytes())
    assert facts["rows"]["products"] == 24 and facts["release"]


def test_a_shop_moved_to_postgresql_and_restored_there_gives_the_same_answers(
    run, shop, tmp_path, postgres, monkeypatch
):
    moved, restored = postgres.database(), postgres.database()
    with held(tmp_path / "old"):
        code, _, err = run("old", "move", "--to", moved)
        assert code == 2 and "is open in" in err
    code, out, err = run("old", "move", "--to", moved)
    assert code == 0 and "read back equal" in out and "ZHANGGUI_STORE=postgresql://" in err
    assert "s3cret" not in out + err
    monkeypatch.setenv("ZHANGGUI_STORE", moved)
    assert answers(tmp_path / "old") == shop
    assert run("old", "backup", tmp_path / "shop.tar")[0] == 0
    monkeypatch.setenv("ZHANGGUI_STORE", restored)
    assert run("new", "restore", tmp_path / "shop.tar")[0] == 0
    assert answers(tmp_path / "new") == shop
    assert not (tmp_path / "new/shop.db").exists()


def test_what_cannot_be_is_told_in_one_line(run, tmp_path):
    (tmp_path / "junk").write_bytes(b"junk")
    for home, *words in (
        ("none", "backup", tmp_path / "out.tar"),
        ("none", "move", "--to", tmp_path / "x.db"),
        ("none", "restore", tmp_path / "junk"),
        ("none", "restore", tmp_path / "missing"),
        ("none", "move", "--to", "mysql://me:secret@host/db"),
    ):
        code, out, err = run(home, *words)
        assert code == 2 and not out and len(err.strip().splitlines()) == 1 and "secret" not in err, (words, err)


def vectors(home):
    return {file.name: file.read_bytes() for file in home.glob("vectors/*") if file.suffix in (".vec", ".tok")}
