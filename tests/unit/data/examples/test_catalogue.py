import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.passage import passage
from zhanggui.core.product import Product, Translation
from zhanggui.data.examples.catalogue import catalogue_pairs
from zhanggui.data.examples.pair import PairKind
from zhanggui.data.examples.words import folded, words_of, written

RICH = Product(
    "r",
    title="Cotton summer dress with long sleeves",
    translations={"zh": Translation(title="夏季长袖纯棉连衣裙")},
    category=("clothes", "dresses"),
    brand="Wren",
    attributes={"colour": ("moss green",), "size": ("XL",)},
)
ZH = Product("z", title="新款夏季纯棉女士长袖连衣裙包邮")


def lefts(*products, seed=0, each=4):
    return [pair.left for pair in catalogue_pairs(products, seed=seed, each=each)]


def test_an_item_with_everything_yields_every_kind_of_part():
    pairs = catalogue_pairs([RICH], seed=0, each=4)
    assert {(pair.right, pair.item, pair.kind, pair.time) for pair in pairs} == {
        (passage(RICH), "r", PairKind.TITLE, None)
    }
    parts = [pair.left for pair in pairs]
    assert len(parts) == 4 and "夏季长袖纯棉连衣裙" in parts
    title = RICH.title.split()
    inside = [part for part in parts if set(part.split()) <= set(title)]
    assert len(inside) == 2 and any(part in RICH.title for part in inside)
    said = {"Wren", "dresses", "moss green", "XL", "colour", "size"}
    [properties] = [part for part in parts if part not in inside and part.isascii()]
    for known in sorted(said, key=len, reverse=True):
        properties = properties.replace(known, "")
    assert not properties.strip()


def test_chinese_titles_are_cut_between_words():
    words = words_of(ZH.title)
    parts = lefts(ZH)
    assert len(parts) == 2 and {"连衣裙", "纯棉"} <= set(words)
    assert all(set(words_of(part)) & set(words) and " " not in part and part != ZH.title for part in parts)


def test_words_that_every_title_has_are_drawn_least():
    crowd = [Product(str(n), title=f"free shipping promo lamp{n} shade{n} bulb{n}") for n in range(200)]
    drawn = " ".join(lefts(*crowd, each=1)).split()
    rare = sum(word.startswith(("lamp", "shade", "bulb")) for word in drawn)
    assert rare > 0.6 * len(drawn)


def test_an_item_keeps_its_pairs_wherever_it_stands():
    assert lefts(RICH, ZH) == lefts(RICH, ZH)
    others = [Product("a", title="nothing alike at all here")]
    alone = {pair.left for pair in catalogue_pairs([RICH], seed=0, each=4)}
    among = {pair.left for pair in catalogue_pairs([*others, RICH], seed=0, each=4) if pair.item == "r"}
    assert alone == among
    assert len({tuple(lefts(RICH, seed=seed, each=1)) for seed in range(8)}) > 3


@pytest.mark.parametrize("product", [Product("x"), Product("x", title="tea"), Product("x", brand="Wren")])
def test_nothing_is_learnt_from_an_item_that_says_one_thing(product):
    assert lefts(product) == []


@given(st.lists(st.text(max_size=30), max_size=5), st.integers(0, 9), st.integers(1, 4))
def test_parts_differ_from_the_passage_and_from_each_other(titles, seed, each):
    products = [Product(str(n), title=title, brand="Wren") for n, title in enumerate(titles)]
    for product in products:
        parts = [folded(p.left) for p in catalogue_pairs(products, seed=seed, each=each) if p.item == product.item_id]
        assert len(set(parts)) == len(parts) <= each
        assert folded(passage(product)) not in parts and "" not in parts


@given(st.text(st.characters(categories=["L", "N", "Z", "Pd", "Po"]), max_size=60))
def test_words_put_together_again_keep_every_letter(text):
    assert folded(written(words_of(text))) == folded(text)
