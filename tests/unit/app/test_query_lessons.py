"""What search answers becomes lists; rows are those of passages; judged queries stay apart."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from zhanggui.app.lessons import Lesson, gather_pairs
from zhanggui.app.query_lessons import gather_lists
from zhanggui.app.settings import load
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.data.store import open_store

KINDS, COLOURS = ("mug", "pot", "lamp", "rug"), ("red", "blue", "green")
MATERIALS = ("iron", "wool", "clay", "glass", "cork", "oak", "steel", "linen", "paper", "stone")
SHELF = [
    Product(ItemId(f"p{n}"), title=f"{c} {k} of {m} for kitchen number {n}")
    for n, (c, k, m) in enumerate((c, k, m) for c in COLOURS for k in KINDS for m in MATERIALS)
]
ODD = [Product(ItemId("twin"), title=SHELF[0].title), Product(ItemId("mute"))]


@pytest.fixture
def gathered(tmp_path: Path):
    log = tmp_path / "log.txt"
    log.write_text("\n".join(["red mug", "blue pot", "zzzz", *(f"lamp {n}" for n in range(60))]), "utf-8")
    settings = load(environ={"ZHANGGUI_ENCODER": "hash"}, home=tmp_path)
    store = open_store(tmp_path / "shop.db")
    store.put_products([*SHELF, *ODD])
    judgments = Judgments({"q": "Blue Pot"}, {"q": {ItemId("p5"): 1.0}})
    lesson = Lesson("any", 5.0, 0, query_log=log, judgments=judgments)
    lists = gather_lists(settings, store, lesson, gather_pairs(store, lesson), told=lambda *step: None)
    yield lists
    store.close()


def test_rows_are_passages(gathered):
    lists = gathered
    assert len(lists.passages) == len(set(lists.passages)) == 120, "twins say one thing, and who is mute says none"
    assert lists.known is None, "nobody has made vectors of this base"
    assert all(max(one.rows, default=0) < 120 for one in [*lists.train, *lists.dev])


def test_what_search_finds_first_has_the_largest_share(gathered):
    lists = gathered
    one = next(one for one in [*lists.train, *lists.dev] if one.text == "red mug")
    assert lists.passages[one.rows[int(np.argmax(one.shares))]].startswith("red mug")


def test_judged_queries_are_not_asked_and_some_are_kept_to_judge_by(gathered):
    lists = gathered
    assert not any(one.text.casefold() == "blue pot" for one in [*lists.train, *lists.dev])
    raw = [one.text for one in lists.dev if one.text.startswith("lamp ")]
    assert len(raw) >= 2 and not set(raw) & {one.text for one in lists.train}


def test_of_a_long_log_those_that_words_answer_are_learnt_from(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("zhanggui.app.query_lessons.RAW_A_MINUTE", 20)
    log = tmp_path / "log.txt"
    unknown = [f"zzzz{n} qqqq{n}" for n in range(200)]
    sold = [f"{c} {k} of {m}" for c in COLOURS for k in KINDS[:2] for m in MATERIALS[:4]][:20]
    log.write_text("\n".join(unknown[:100] + sold + unknown[100:]), "utf-8")
    settings = load(environ={"ZHANGGUI_ENCODER": "hash"}, home=tmp_path)
    told: list[str] = []
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products(SHELF)
        lesson = Lesson("any", 1.0, 0, query_log=log)
        material = gather_pairs(store, lesson)
        lists = gather_lists(settings, store, lesson, material, told=lambda what, *_: told.append(what))
    asked = {one.text for one in [*lists.train, *lists.dev]}
    assert set(sold) <= asked and not set(unknown) & asked
    assert "words" in told
