"""Why an item is on the page, in one sentence, from recorded evidence only.

The strongest kind of reason comes first: what goes with the very last act, what the shopper does again and again,
what other shoppers did, what resembles, what many want. Titles are data: whoever shows them escapes them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product

Languages = Mapping[str, str]


class Template(NamedTuple):
    """Words for one kind of evidence, usable where all facts in `needs` are recorded."""

    source: str
    needs: frozenset[str]
    words: Languages


def _template(source: str, needs: str, zh: str, en: str) -> Template:
    return Template(source, frozenset(needs.split()), {"zh": zh, "en": en})


_TOGETHER_COUNT = ("和「{item}」一起买过的有 {users} 位顾客", "Bought together with {item} by {users}")
_TOGETHER = ("常和「{item}」一起买", "Often bought together with {item}")
_BOTH_COUNT = ("选了「{item}」的顾客中有 {users} 位也选了它", "{users} who chose {item} chose this too")
_BOTH = ("选了「{item}」的顾客也喜欢", "Shoppers who chose {item} like this too")
_LIKE_YOU = ("和你口味相近的顾客也喜欢", "Liked by shoppers with a taste like yours")

TEMPLATES: tuple[Template, ...] = (
    _template(
        "knn",
        "item recent users",
        "有 {users} 位顾客和你刚关注的「{item}」一起选了它",
        "{users} chose this with {item}, your latest interest",
    ),
    _template("knn", "item recent", "和你刚关注的「{item}」相配", "Goes with {item}, your latest interest"),
    _template(
        "sequence_knn",
        "item recent users",
        "在你刚关注的「{item}」之后，有 {users} 位顾客选了它",
        "After {item}, your latest interest, {users} chose this",
    ),
    _template(
        "sequence_knn",
        "item recent",
        "在你刚关注的「{item}」之后常选",
        "Often chosen after {item}, your latest interest",
    ),
    _template("content", "item recent", "与你刚关注的「{item}」相似", "Similar to {item}, your latest interest"),
    _template("frequency", "times", "你常买（{times} 次）", "You have bought this {times}"),
    _template("bought_together", "item users", *_TOGETHER_COUNT),
    _template("bought_together", "item", *_TOGETHER),
    _template("bought_together", "", "常一起买", "Often bought together"),
    _template("habit", "times", "又到时候了：你买过 {times} 次", "Due again: you have bought this {times}"),
    _template("frequency", "", "你买过", "You have bought this before"),
    _template(
        "sequence_knn", "item users", "选了「{item}」之后，有 {users} 位顾客选了它", "After {item}, {users} chose this"
    ),
    _template("sequence_knn", "item", "选了「{item}」之后常选", "Often chosen after {item}"),
    _template("knn", "item users", *_BOTH_COUNT),
    _template("knn", "item", *_BOTH),
    _template("ease", "item users", *_BOTH_COUNT),
    _template("ease", "item", *_BOTH),
    _template("content", "item", "与「{item}」相似", "Similar to {item}"),
    _template("bm25", "term", "匹配：标题含“{term}”", "Matches: “{term}” in the title"),
    _template("bm25", "", "匹配你的搜索词", "Matches your words"),
    _template("dense", "", "语义相近", "Close in meaning"),
    _template("sequence_knn", "", *_LIKE_YOU),
    _template("knn", "", *_LIKE_YOU),
    _template("ease", "", *_LIKE_YOU),
    _template("content", "", "合你的口味", "Fits your taste"),
    _template("factors", "", *_LIKE_YOU),
    _template("taste", "", "你常逛的类别里，大家爱买", "Wanted in the categories you turn to"),
    _template("habit", "", "又到该买的时候了", "Due again"),
    _template("blend", "", "根据你的记录推荐", "Chosen from your history"),
    _template("trending", "users", "近期热门（{users} 位顾客）", "Trending now ({users})"),
    _template("trending", "", "近期热门", "Trending now"),
    _template("popularity", "users", "{users} 位顾客的选择", "Chosen by {users}"),
    _template("popularity", "", "热门商品", "Popular"),
    _template("newest", "", "新品", "New arrival"),
    _template("listed", "", "在你选的范围内", "In the selection you made"),
)
"""In order of strength: the first whose facts are all there gives the sentence."""

_OTHERWISE = {"zh": "本店商品", "en": "From this shop"}


def reason(candidate: Candidate, products: Mapping[ItemId, Product], language: str) -> str:
    """Return one sentence in "zh" or "en" (any other language gets English).

    >>> tea = Candidate(ItemId("tea"), (Evidence("bought_together", 3.0, (("item", "mug"), ("users", 41))),))
    >>> reason(tea, {ItemId("mug"): Product(ItemId("mug"), title="Mug")}, "en")
    'Bought together with Mug by 41 shoppers'
    """
    language = language if language in _OTHERWISE else "en"
    for template in TEMPLATES:
        for evidence in candidate.evidence:
            if evidence.source == template.source and template.needs <= {name for name, _ in evidence.facts}:
                return template.words[language].format_map(_told(evidence, products, language))
    return _OTHERWISE[language]


def _told(evidence: Evidence, products: Mapping[ItemId, Product], language: str) -> dict[str, str]:
    told = {name: str(value) for name, value in evidence.facts}
    if "item" in told:
        product = products.get(ItemId(told["item"]))
        told["item"] = product.title_in(language) if product else told["item"]
    if language == "en" and "times" in told:
        told["times"] = "once" if told["times"] == "1" else f"{told['times']} times"
    if language == "en" and "users" in told:
        told["users"] += " shopper" if told["users"] == "1" else " shoppers"
    return told
