"""Text analysis: what is folded, how words are cut, and what must be found."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.normalise import normalise
from zhanggui.retrieval.text.query import MAX_UNITS, Unit, parse, plain_text
from zhanggui.retrieval.text.scan import word

ANALYSER = Analyser()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("軟體 顯示器", "软体 显示器"),
        ("頭髮 發現", "头发 发现"),
        ("Crème Brûlée", "creme brulee"),
        ("Core™2 Duo", "core 2 duo"),
        ("  多  空\u3000格 ", "多 空 格"),
        ("½ ㎏", "1⁄2 kg"),
        ("STRASSE straße", "strasse strasse"),
        ("İstanbul", "istanbul"),
        ("zero\u200bwidth", "zero width"),
        ("がぎ", "がぎ"),
    ],
)
def test_differences_of_writing_are_folded_away(text, folded):
    assert normalise(text) == folded


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("dv7-1211ea", {"dv71211ea", "dv7", "1211ea", "1211"}),
        ("iPhone15", {"iphone15", "iphon", "15"}),
        ("DDR3-1600", {"ddr31600", "ddr3", "1600"}),
        ("wi-fi", {"wifi", "wi", "fi"}),
        ("10.5", {"10.5"}),
        ("usb3.0", {"usb3.0", "usb", "3.0"}),
        ("women's", {"women"}),
        ("batteries", {"batteri"}),
        ("802.11b/g", {"802.11bg", "802.11", "802.11b", "b", "g"}),
        ("Größe", {"gross"}),
        ("№5", {"no5", "no", "5"}),
    ],
)
def test_words_are_whole_and_in_parts(text, forms):
    assert forms <= set(ANALYSER.tokens(text).words)


def test_a_decimal_number_is_one_part():
    assert word("1.5kw").parts == ("1.5", "kw")
    assert "5" not in ANALYSER.tokens("10.5").words


def test_the_shops_own_words_are_words():
    assert "凡爱宝贝" in Analyser(["凡爱宝贝"]).tokens("凡爱宝贝毛衣").words
    assert "凡爱宝贝" not in ANALYSER.tokens("凡爱宝贝毛衣").words


def test_analysers_with_other_words_have_other_names():
    names = [Analyser(words).name for words in ([], ["甲乙丙"], ["甲乙丙", "丁"], ["丁", "甲乙丙"])]
    assert (names[2] == names[3], len(set(names))) == (True, 3)


def test_threads_get_what_one_thread_gets():
    texts = [f"安装简单 iPhone{n} running shoes {n} 保温杯" for n in range(300)]
    alone, shared = Analyser(), Analyser()
    expected = [alone.tokens(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared.tokens, texts)) == expected


@pytest.mark.parametrize(
    ("text", "plain", "phrases", "excluded"),
    [
        ("绿茶 -礼盒", "绿茶", (), (Unit(("礼盒",)),)),
        ("绿茶 －礼盒", "绿茶", (), (Unit(("礼盒",)),)),
        ("-不锈钢 杯", "杯", (), (Unit((), tuple("不锈钢")),)),
        ("“明前龙井”茶", "明前龙井 茶", (tuple("明前龙井"),), ()),
        ("「明前」 『龍井』", "明前 龙井", (tuple("明前"), tuple("龙井")), ()),
        ('"Green Tea" bags', "green tea bags", (("green", "tea"),), ()),
        ('tea -"green tea"', "tea", (), (Unit((), ("green", "tea")),)),
        ("tea -Bags", "tea", (), (Unit(("bag",)),)),
        ("dv7-1211ea t-shirt", "dv7-1211ea t-shirt", (), ()),
        ('half "open', 'half "open', (), ()),
        ('"" -', '"" -', (), ()),
        ("- - -", "- - -", (), ()),
    ],
)
def test_queries_are_taken_apart(text, plain, phrases, excluded):
    query = parse(text, ANALYSER)
    assert (query.text, query.phrases, query.excluded) == (plain, phrases, excluded)
    assert plain_text(text) == plain


def test_words_that_say_nothing_do_not_count_unless_alone():
    assert [unit.terms for unit in parse("the case for phones", ANALYSER).units] == [("case",), ("phone",)]
    assert [unit.terms for unit in parse("to be or", ANALYSER).units] == [("be",)]
    assert len(parse("the of", ANALYSER).units) == 2
    assert [unit.terms for unit in parse("儿童的书", ANALYSER).units] == [("儿童",), ("书",)]


def test_a_very_long_query_is_cut():
    query = parse(" ".join(f"word{n}" for n in range(500)), ANALYSER)
    assert len(query.units) == MAX_UNITS
