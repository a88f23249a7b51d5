import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.engine.terms import TitleTerms, beginning
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.normalise import normalise


@pytest.fixture(scope="module")
def terms():
    return TitleTerms(Analyser())


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("绿茶", "西湖龙井绿茶", "绿茶"),
        ("明前 龙井茶叶", "龙井茶 特级", "龙井茶"),
        ("綠茶", "绿茶", "绿茶"),
        ("Chargers", "USB Charger 20W", "charger"),
        ("iphone 15 case", "Case for iPhone 15", "iphone"),
        ("milk", "oat drink", ""),
        ("", "tea", ""),
        ("tea", "", ""),
        ("(.*) +", "(.*) +", ""),
    ],
)
def test_what_query_and_title_share(terms, query, title, expected):
    assert terms(query, title) == expected


ENDINGS = ("", "s", "es", "ies", "ing", "ying", "y", "ied", "ly", "ness", "ional", "ization", "eed", "edly", "'s")
TERMS = TitleTerms(Analyser())
WORDS = st.text("abcdeghilmnorstuvwxyz0123456789éß", min_size=1, max_size=9)


@given(WORDS, st.sampled_from(ENDINGS))
def test_every_word_holds_the_beginning_of_its_stems(word, ending):
    stems, begin, _ = TERMS._asked(word + ending)
    assert {beginning(stem) for stem in stems} == begin
    assert all(beginning(stem) in normalise(word + ending) for stem in stems)


@pytest.mark.parametrize("word", ["dying", "lying", "tying", "skies", "idly", "gently", "early", "news", "ml", "y"])
def test_words_that_english_treats_as_exceptions_hold_them_too(word):
    assert TitleTerms(Analyser())(word, f"a {word} thing") == word
