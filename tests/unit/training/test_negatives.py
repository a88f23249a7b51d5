import numpy as np
import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.texts import Texts
from zhanggui.encoders import HashEncoder
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.negatives import Masks, by_meaning, by_words, joined

SHELF = [
    Product("white", title="white mug"),
    Product("twin", title="white mug"),
    Product("set", title="white mug of two", group_id="whites"),
    Product("box", title="boxed white mug", group_id="whites"),
    Product("red", title="red mug"),
    Product("blue", title="blue mug"),
    Product("shirt", title="white shirt"),
    Product("oil", title="motor oil"),
]
TEXTS = Texts.of(SHELF)


def pair(left, item):
    return Pair(left, TEXTS.passages[item], item, PairKind.QUERY)


@pytest.fixture(scope="module")
def index():
    index = MemoryIndex(analyser=Analyser(), dim=0)
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(SHELF, 1)], len(SHELF))
    return index


class Planted:
    """An encoder whose vectors were told to it: cosines to the left text as planted."""

    name, dim = "planted", 2

    def __init__(self, **cosines):
        self.cosines = cosines

    def queries(self, texts):
        return np.tile(np.array([1, 0], np.float32), (len(texts), 1))

    def passages(self, texts):
        found = np.array([self.cosines[text.replace(" ", "_")] for text in texts], np.float32)
        return np.stack((found, np.sqrt(1 - found**2)), axis=1)


def test_words_give_what_has_some_of_them_and_masks_what_has_all(index):
    [found] = by_words([pair("mug", "white")], index, TEXTS, count=9)
    assert found == ()  # every mug has the word: none of them is wrong
    [found] = by_words([pair("white mug", "white")], index, TEXTS, count=9, masks=Masks(share=0.99))
    assert set(found) <= {"red mug", "blue mug", "white shirt", "white mug of two", "boxed white mug"}


def test_words_mask_twins_groups_and_other_positives(index):
    loose = Masks(share=100)
    [found] = by_words([pair("mug", "white")], index, TEXTS, count=9, masks=loose)
    assert set(found) == {"white mug of two", "boxed white mug", "red mug", "blue mug"}
    [found] = by_words([pair("mug", "set")], index, TEXTS, count=9, masks=loose)
    assert set(found) == {"white mug", "red mug", "blue mug"}
    both = by_words([pair("mug", "set"), pair("MUG!", "red")], index, TEXTS, count=9, masks=loose)
    assert [set(one) for one in both] == [{"white mug", "blue mug"}] * 2
    assert [len(one) for one in by_words([pair("mug", "set")], index, TEXTS, count=1, masks=loose)] == [1]


def test_words_that_no_positive_has_still_give_wrong_ones(index):
    [found] = by_words([pair("motor", "red")], index, TEXTS, count=9)
    assert found == ("motor oil",)


def test_meaning_gives_the_nearest_below_the_margin():
    encoder = Planted(white_mug=0.8, red_mug=0.79, blue_mug=0.7, white_shirt=0.6, motor_oil=0.1)
    items = ["red", "oil", "white", "blue", "shirt", "twin"]
    vectors = encoder.passages([TEXTS.passages[item] for item in items])
    ask = [pair("cup", "white")]
    assert by_meaning(ask, encoder, items, vectors, TEXTS, count=2) == [("blue mug", "white shirt")]
    sharp = by_meaning(ask, encoder, items, vectors, TEXTS, count=2, masks=Masks(margin=0.001))
    assert sharp == [("red mug", "blue mug")]
    assert by_meaning(ask, encoder, items, vectors, TEXTS, count=9, depth=1) == [("blue mug",)]


def test_meaning_masks_other_positives_and_knows_items_without_vectors():
    encoder = Planted(white_mug=0.8, red_mug=0.5, blue_mug=0.4)
    items = ["red", "blue"]
    vectors = encoder.passages([TEXTS.passages[item] for item in items])
    asks = [pair("cup", "white"), pair("cup", "red")]
    assert by_meaning(asks, encoder, items, vectors, TEXTS, count=9) == [("blue mug",), ("blue mug",)]
    assert by_meaning(asks[:1], encoder, [], vectors[:0], TEXTS, count=9) == [()]


def test_vectors_must_go_with_items():
    with pytest.raises(ConfigError, match="2 items have 1 vectors"):
        by_meaning([], HashEncoder(), ["a", "b"], np.zeros((1, 256), np.float32), TEXTS, count=1)


def test_no_negative_is_anything_right_whatever_the_encoder(index):
    encoder, items = HashEncoder(), [product.item_id for product in SHELF]
    vectors = encoder.passages([TEXTS.passages[item] for item in items])
    pairs = [pair(left, item) for left in ("white mug", "mug", "oil") for item in ("white", "box", "oil")]
    found = joined(
        by_words(pairs, index, TEXTS, count=4, masks=Masks(share=9)),
        by_meaning(pairs, encoder, items, vectors, TEXTS, count=4, masks=Masks(margin=-2)),
        count=6,
    )
    assert any(found)
    right = {"white mug", "white mug of two", "boxed white mug", "motor oil"}
    assert all(not right & set(one) and len(set(one)) == len(one) <= 6 for one in found)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="Got 0"):
        Masks(share=0)
