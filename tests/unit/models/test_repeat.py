"""Groceries return, books do not."""

import pytest

from zhanggui.core.errors import ReleaseError
from zhanggui.core.event import EventType as T
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Histories
from zhanggui.core.product import Product
from zhanggui.models.repeat import RepeatPolicy, learn_repeats

PATHS = {"milk": ("food", "dairy"), "rice": ("food", "grain"), "novel": ("books",), "atlas": ("books", "maps")}
CATEGORIES = {ItemId(name): path for name, path in PATHS.items()}


@pytest.fixture(scope="module")
def shop(log_of):
    weekly = [(f"u{n}", week * 7, "milk") for n in range(20) for week in range(10)]
    once = [(f"u{n}", n, item) for n in range(20) for item in ("novel", "atlas")]
    return log_of(weekly + once, items=[*PATHS, "thing"])


def product(category):
    return Product(ItemId("x"), category=category)


def test_learnt_by_category(shop):
    policy = learn_repeats(shop, CATEGORIES)
    assert policy.may_return(product(("food", "dairy"))) and not policy.may_return(product(("books", "maps")))
    assert policy.may_return(product(("food", "never sold"))), "an unknown category does as its parent does"


def test_a_share_leans_on_the_rest_of_its_parent(shop):
    policy = learn_repeats(shop, CATEGORIES, prior=50)
    others = (180 - 180 + 50 * 0) / (240 - 200 + 50)
    food = (180 + 50 * others) / (200 + 50)
    assert policy.shares[()] == pytest.approx(180 / (240 + 50)) and policy.shares["food",] == pytest.approx(food)
    assert policy.share(("food", "dairy")) == pytest.approx(food), "all of its parent: the same evidence, not twice"


def test_a_few_purchases_do_not_make_a_rule(log_of):
    weekly = [(f"u{n}", week * 7, "milk") for n in range(20) for week in range(5)]
    paths = {ItemId("milk"): ("food",), ItemId("pan"): ("home", "pans")}
    for pans, expected in ((3, True), (100, False)):
        log = log_of(weekly + [(f"p{n}", n, "pan") for n in range(pans)])
        assert learn_repeats(log, paths).may_return(product(("home", "pans"))) is expected


def test_two_lines_of_one_basket_are_no_repeat(log_of):
    assert learn_repeats(log_of([("u", 1, "a"), ("u", 1, "a")]), {}).shares[()] == 0


def test_bans_what_one_has_and_does_not_buy_again(shop):
    rule = learn_repeats(shop, CATEGORIES).over(shop.items, CATEGORIES)
    row = shop.items.row
    history = Histories.of(
        [row("milk"), row("novel"), row("atlas"), -1], types=[T.PURCHASE.code, T.PURCHASE.code, T.VIEW.code, 8]
    )
    rows, items = rule.banned(history)
    assert rows.tolist() == [0] and items.tolist() == [row("novel")]
    assert "60% of the items" in rule.note


def test_where_only_views_are_known_they_decide(log_of):
    log = log_of([("u", day, item, T.VIEW) for day, item in enumerate("abc")])
    policy = learn_repeats(log, {})
    rule = policy.over(log.items, {})
    assert not policy.owned and rule.note == "seen items are filtered"
    assert rule.banned(log.histories())[1].tolist() == [0, 1, 2]


def test_nothing_learnt_nothing_returns(log_of):
    policy = learn_repeats(log_of([]), {})
    assert not policy.may_return(product(("food",))) and policy.shares == {}


def test_saved_and_loaded(shop, tmp_path):
    policy = learn_repeats(shop, CATEGORIES)
    policy.save(tmp_path / "repeats.json")
    assert RepeatPolicy.load(tmp_path / "repeats.json") == policy


@pytest.mark.parametrize("content", [None, "", "{}", '{"threshold": 1, "owned": true, "shares": [1]}'])
def test_a_torn_file_is_told(content, tmp_path):
    if content is not None:
        (tmp_path / "repeats.json").write_text(content)
    with pytest.raises(ReleaseError, match="zhanggui train"):
        RepeatPolicy.load(tmp_path / "repeats.json")
