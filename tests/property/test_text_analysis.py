"""Promises of text analysis that hold for any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.normalise import normalise
from zhanggui.retrieval.text.query import parse

ANALYSER = Analyser()
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12)
LETTERS = st.text("abcdefghijkmnopqrstuvwxyz", min_size=1, max_size=6)
MODELS = st.lists(st.tuples(LETTERS, st.integers(1, 9999)), min_size=1, max_size=3).map(
    lambda parts: "-".join(f"{letters}{number}" for letters, number in parts)
)


@given(ANY)
def test_normalising_twice_is_once(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFKC", once)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20))
def test_case_and_width_do_not_matter(text):
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert normalise(wide) == normalise(text.upper()) == normalise(text)


@given(ANY)
def test_any_query_is_understood_without_an_error(text):
    query = parse(text, ANALYSER)
    assert parse(query.text, ANALYSER).units == query.units or '"' in query.text or "-" in query.text
    assert all(token == token.strip() and " " not in token for token in query.tokens.words)


@given(CHINESE)
def test_every_pair_of_characters_of_a_title_is_found(title):
    index = MemoryIndex(analyser=ANALYSER, dim=4)
    index.apply([Change(1, ChangeKind.PRODUCT, ItemId("p"), Product(ItemId("p"), title=title))], 1)
    for start in range(len(title) - 1):
        assert index.search(title[start : start + 2], None, Filters()).total == 1, title[start : start + 2]
        assert index.search(f"“{title[start:]}”", None, Filters()).total == 1
        assert index.search(f"-{title[start:]}", None, Filters()).total == 0


@given(MODELS)
def test_a_model_number_is_found_however_it_is_joined(model):
    index = MemoryIndex(analyser=ANALYSER, dim=4)
    index.apply([Change(1, ChangeKind.PRODUCT, ItemId("p"), Product(ItemId("p"), title=f"New {model.upper()} box"))], 1)
    for query in (model, model.replace("-", ""), model.replace("-", " "), model.replace("-", "/"), f'"{model}"'):
        assert index.search(query, None, Filters()).total == 1, query


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    index = TantivyIndex(tmp_path_factory.mktemp("real"), analyser=ANALYSER, dim=4)
    index.apply([Change(1, ChangeKind.PRODUCT, ItemId("p"), Product(ItemId("p"), title="绿茶 tea"))], 1)
    return index


@given(text=ANY)
def test_nothing_typed_breaks_the_real_index(real, text):
    assert real.search(text, None, Filters()).total in (0, 1)
