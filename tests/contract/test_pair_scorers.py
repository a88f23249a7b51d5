import pytest

from zhanggui.encoders.overlap import OverlapScorer
from zhanggui.encoders.pair_checks import pair_checks


@pytest.mark.parametrize("check", list(pair_checks()), ids=lambda check: check.__name__)
def test_overlap_scorer(check):
    check(OverlapScorer())


def test_the_text_that_holds_the_query_is_first():
    scores = OverlapScorer().score("绿茶 250g", ["西湖龙井 绿茶 250g", "绿茶", "洗衣液"])
    assert scores.argsort()[::-1].tolist() == [0, 1, 2]
