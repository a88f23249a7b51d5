import pytest

from zhanggui.engine.terms import TitleTerms
from zhanggui.retrieval.text.analyser import Analyser


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
