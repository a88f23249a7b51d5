"""What a ranker learns from: labels, pairs without labels, pages; what is kept apart."""

import pytest

from zhanggui.app.lessons import Lesson
from zhanggui.app.ranker_lessons import ANSWERED_A_MINUTE, FEWEST, gather_ranker
from zhanggui.app.settings import load
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.data.examples.pair import PairKind
from zhanggui.data.examples.words import folded
from zhanggui.data.store import MemoryStore

KINDS = ("mug", "pot", "lamp", "rug", "kettle")
COLOURS = ("red", "blue", "green", "white", "black", "grey")
MATERIALS = ("iron", "wool", "clay", "glass", "cork", "oak", "steel", "linen")
RAW = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]


def shelf():
    return [
        Product(ItemId(f"{k}-{c}-{m}"), title=f"{c} {m} {k} for kitchen and {m}works no {n}")
        for n, (k, c, m) in enumerate((k, c, m) for k in KINDS for c in COLOURS for m in MATERIALS)
    ]


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("shop")
    log = tmp_path / "log.txt"
    log.write_text("\n".join(RAW), "utf-8")

    def gather(*, minutes=0.5, encoder="hash", **given):
        store = MemoryStore()
        store.put_products(shelf())
        lesson = Lesson("any", minutes, 0, **{"query_log": log} | given)
        settings = load(environ={"ZHANGGUI_ENCODER": encoder}, home=tmp_path)
        return gather_ranker(settings, store, lesson, told=lambda *_: None)

    return gather


@pytest.fixture(scope="module")
def lessons(gathered):
    return gathered()


def test_each_part_has_right_and_wrong_examples_of_its_own(lessons):
    parts = lessons.material.parts
    for examples, pairs in ((lessons.train, parts.train), (lessons.dev, parts.dev), (lessons.test, parts.test)):
        right = {(one.left, one.right) for one in examples if one.label}
        wrong = [one for one in examples if not one.label]
        assert right <= {(pair.left, pair.right) for pair in pairs}
        assert 2 * len(right) < len(wrong) <= 3 * len(right)
    assert len({one.left for one in lessons.train}) > 100


def test_nothing_right_anywhere_is_called_wrong(lessons):
    parts = lessons.material.parts
    right = {(folded(pair.left), pair.right) for pair in (*parts.train, *parts.dev, *parts.test)}
    for examples in (lessons.train, lessons.dev, lessons.test):
        assert not right & {(folded(one.left), one.right) for one in examples if not one.label}


def test_held_out_products_are_not_learnt_to_be_wrong(lessons):
    parts = lessons.material.parts
    held = {pair.right for pair in (*parts.dev, *parts.test)} - {pair.right for pair in parts.train}
    assert held
    assert not held & {one.right for one in lessons.train}


def test_the_teacher_is_asked_about_raw_queries_and_what_search_finds(lessons, gathered):
    lefts = {left for left, _ in lessons.unlabelled}
    assert len(lefts & set(RAW)) > 15 and len(lefts - set(RAW)) > 15
    assert FEWEST / 2 < len(lessons.unlabelled) <= FEWEST
    assert len(set(lessons.unlabelled)) == len(lessons.unlabelled)
    assert lessons.unlabelled_dev and not set(lessons.unlabelled_dev) & set(lessons.unlabelled)
    more = gathered(minutes=6.0)
    assert FEWEST < len(more.unlabelled) <= 6 * ANSWERED_A_MINUTE


def test_without_a_query_log_and_without_meaning_there_is_enough(gathered):
    lessons = gathered(query_log=None, encoder="none")
    assert lessons.train and lessons.unlabelled and lessons.material.asked == []
    assert all(page.best for page in lessons.choice.pages.values())


def test_the_weight_is_chosen_on_dev_and_tried_on_test(lessons):
    parts = lessons.material.parts
    known = {pair.left for pair in parts.train} | {left for left, _ in lessons.unlabelled}
    assert known & {pair.left for pair in parts.dev}, "the same words are in titles on both sides"
    assert len(lessons.choice.pages) > 10 and not known & {*lessons.choice.pages, *lessons.trial.pages}
    assert set(lessons.choice.pages) <= {pair.left for pair in parts.dev}
    assert set(lessons.trial.pages) <= {pair.left for pair in parts.test}
    titles = {product.title: product.item_id for product in shelf()}
    pair = next(pair for pair in parts.dev if pair.left in lessons.choice.pages)
    assert titles[pair.right] in lessons.choice.judgments.grades[pair.left]


def test_what_search_is_sure_of_are_raw_queries_that_nobody_learnt_the_answer_of(lessons):
    parts = lessons.material.parts
    raw = {pair.left for pair in (*parts.dev, *parts.test) if pair.kind is PairKind.PSEUDO}
    assert lessons.sure.pages and set(lessons.sure.pages) <= raw
    learnt = {one.left for one in lessons.train} | {left for left, _ in lessons.unlabelled}
    assert not set(lessons.sure.pages) & learnt and not lessons.judged


def test_judged_queries_choose_the_weight_and_are_in_no_example(lessons, gathered):
    judgments = Judgments({"q": RAW[0].upper()}, {"q": {ItemId("mug-red-iron"): 1.0}})
    found = gathered(judgments=judgments)
    assert list(found.choice.pages) == ["q"] and "q" not in found.trial.pages
    assert found.judged and not found.sure.pages, "people know better than search"
    assert RAW[0] in {left for left, _ in lessons.unlabelled}
    assert RAW[0] not in {left for left, _ in (*found.unlabelled, *found.unlabelled_dev)}
    assert RAW[0] not in {one.left for one in (*found.train, *found.dev, *found.test)}


def test_the_same_data_and_seed_make_the_same_lessons(lessons, gathered):
    one, two = lessons, gathered()
    assert (one.train, one.dev, one.unlabelled) == (two.train, two.dev, two.unlabelled)
