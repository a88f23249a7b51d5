"""What a language model learns from: what is gathered, what is kept apart, what is told."""

from collections import Counter
from pathlib import Path

import pytest

from zhanggui.app.lessons import FEWEST, Lesson, gather, read_queries, within
from zhanggui.app.settings import load
from zhanggui.core.errors import InputError
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.store import open_store

KINDS = ("mug", "pot", "lamp", "rug", "kettle")
COLOURS = ("red", "blue", "green", "white", "black", "grey")
MATERIALS = ("iron", "wool", "clay", "glass", "cork", "oak", "steel", "linen")


def shelf():
    return [
        Product(ItemId(f"{k}-{c}-{m}"), title=f"{c} {m} {k} for kitchen and {m}works no {n}")
        for n, (k, c, m) in enumerate((k, c, m) for k in KINDS for c in COLOURS for m in MATERIALS)
    ]


@pytest.fixture
def gathered(tmp_path: Path):
    def gather_(lines=None, judgments=None, **settings):
        log = None
        if lines is not None:
            log = tmp_path / "log.txt"
            log.write_text("\n".join(lines), "utf-8")
        store = open_store(tmp_path / "shop.db")
        store.put_products(shelf())
        told = []
        lesson = Lesson("any", settings.pop("minutes", 10.0), 0, judgments=judgments, query_log=log, **settings)
        found = gather(
            load(environ={"ZHANGGUI_ENCODER": "hash"}, home=tmp_path),
            store,
            lesson,
            told=lambda *step: told.append(step),
        )
        store.close()
        return found, told

    return gather_


def test_every_pair_to_learn_from_has_wrong_passages_that_are_not_its_own(gathered):
    found, told = gathered()
    assert len(found.negatives) == len(found.parts.train) > 100
    assert all(
        len(wrong) == 4 and pair.right not in wrong
        for pair, wrong in zip(found.parts.train, found.negatives, strict=True)
    )
    titles = {product.title: product.item_id for product in shelf()}
    assert all(titles[text] == found.items[text] for wrong in found.negatives for text in wrong)
    assert {what for what, _, _ in told} == {"meaning", "negatives"}


def test_negatives_look_right(gathered):
    found, _ = gathered()
    near = [
        bool(set(pair.left.split()) & set(text.split()))
        for pair, wrong in zip(found.parts.train, found.negatives, strict=True)
        for text in wrong
    ]
    assert sum(near) / len(near) > 0.95, "they share words with what was asked"


def test_raw_queries_become_pairs_where_search_is_sure_and_judged_ones_never(gathered):
    judged = Judgments({"q": "blue wool lamp"}, {"q": {ItemId("lamp-blue-wool"): 1.0}})
    lines = ["1\tred iron mug", "2\tblue wool lamp", "3\tsubmarine", "4\tred iron mug"]
    found, told = gathered(lines, judged)
    every = [*found.parts.train, *found.parts.dev, *found.parts.test]
    raw = [(pair.left, pair.item) for pair in every if pair.kind is PairKind.PSEUDO]
    assert raw == [("red iron mug", "mug-red-iron")]
    assert not any(pair.left.casefold() == "blue wool lamp" for pair in every)
    assert list(found.asked) == ["red iron mug", "submarine", "red iron mug"]
    assert (found.dropped["repeated"], found.dropped["judged"]) == (1, 1)
    assert sum(found.dropped.values()) == 3, "the submarine, whatever the reason"
    assert "queries" in {what for what, _, _ in told}


def test_a_judged_query_is_never_learnt_from_though_the_catalogue_says_it(gathered):
    def lefts(judgments=None):
        parts = gathered(judgments=judgments)[0].parts
        return {pair.left for pair in [*parts.train, *parts.dev, *parts.test]}

    secret = min(lefts())
    assert secret not in lefts(Judgments({"q": secret.upper()}, {"q": {ItemId("mug-red-iron"): 1.0}}))


def test_a_small_budget_mines_no_more_than_it_reads(gathered):
    found, _ = gathered(minutes=0.7, pairs_a_minute=10)
    assert len(found.parts.train) == FEWEST < len(gathered(minutes=0.7)[0].parts.train)


def test_each_kind_gets_its_share():
    rare, common = (
        [Pair(f"{kind}{n}", "tea", ItemId("1"), kind) for n in range(count)]
        for kind, count in ((PairKind.QUERY, 3), (PairKind.TITLE, 50))
    )
    chosen = within([*common, *rare], 10, 0)
    assert Counter(pair.kind for pair in chosen) == {PairKind.QUERY: 3, PairKind.TITLE: 7}
    assert within(rare, 10, 0) == rare and within([], 5, 0) == []
    assert len(within([*common, *rare], 1, 0)) == 1


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "has no query"), (b"\xff\xfe\x00q", "not UTF-8"), (b"1\t\n \n", "has no query")]
)
def test_a_log_that_says_nothing_is_refused(tmp_path: Path, content, said):
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_queries(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_queries(tmp_path)
