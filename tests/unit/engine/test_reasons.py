import pytest

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.product import Product, Translation
from zhanggui.engine.reasons import TEMPLATES, reason

SOURCES = [
    "bm25",
    "dense",
    "popularity",
    "trending",
    "knn",
    "sequence_knn",
    "ease",
    "frequency",
    "content",
    "newest",
    "bought_together",
    "blend",
    "listed",
]
FACTS = {"item": "mug", "users": 41, "times": 12, "term": "龙井", "recent": 0.9}
TOGETHER = ("和「杯子」一起买过的有 41 位顾客", "Bought together with Mug by 41 shoppers")
MUG = {"mug": Product("mug", title="杯子", translations={"en": Translation("Mug")})}


def said(source, language, **facts):
    return reason(Candidate("tea", (Evidence(source, 1.0, tuple(facts.items())),)), MUG, language)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_source_has_words_in_both_languages(source, language):
    bare = said(source, language)
    assert bare not in {"本店商品", "From this shop"} and "{" not in bare
    assert any("\u4e00" <= letter <= "\u9fff" for letter in bare) == (language == "zh")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: f"{t.source}:{'+'.join(sorted(t.needs))}")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_uses_the_facts_that_it_needs(template, language):
    facts = {name: FACTS[name] for name in sorted(template.needs)}
    words = said(template.source, language, **facts)
    shown = {"item": {"zh": "杯子", "en": "Mug"}[language], "users": "41", "times": "12", "term": "龙井"}
    assert all(shown[name] in words for name in template.needs - {"recent"})


@pytest.mark.parametrize(
    ("source", "facts", "zh", "en"),
    [
        ("bought_together", {"item": "mug", "users": 41}, *TOGETHER),
        ("trending", {"users": 1}, "近期热门（1 位顾客）", "Trending now (1 shopper)"),
        ("frequency", {"times": 12}, "你常买（12 次）", "You have bought this 12 times"),
        ("frequency", {"times": 1}, "你常买（1 次）", "You have bought this once"),
        ("content", {"item": "mug"}, "与「杯子」相似", "Similar to Mug"),
        ("trending", {}, "近期热门", "Trending now"),
        ("bm25", {"term": "龙井"}, "匹配：标题含“龙井”", "Matches: “龙井” in the title"),
        ("dense", {}, "语义相近", "Close in meaning"),
    ],
)  # fmt: skip
def test_words(source, facts, zh, en):
    assert (said(source, "zh", **facts), said(source, "en", **facts)) == (zh, en)


def test_the_strongest_kind_of_reason_is_told():
    evidence = (Evidence("popularity", 9.0, (("users", 9),)), Evidence("frequency", 0.1, (("times", 3),)))
    assert reason(Candidate("tea", evidence), {}, "en") == "You have bought this 3 times"


def test_titles_are_data():
    nasty = {"mug": Product("mug", title="{users} <b>{item.__class__}</b>")}
    candidate = Candidate("tea", (Evidence("content", 1.0, (("item", "mug"),)),))
    assert reason(candidate, nasty, "en") == "Similar to {users} <b>{item.__class__}</b>"


def test_without_evidence_or_product_there_are_still_words():
    assert reason(Candidate("tea", ()), {}, "zh") == "本店商品"
    assert said("content", "fr", item="unknown") == "Similar to unknown"
