from collections import Counter

import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.data.examples.pair import PairKind
from zhanggui.data.examples.pseudo import pseudo_pairs


class Known:
    """A teacher that has learnt its answers by heart."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, queries):
        self.asked += queries
        return [self.answers.get(query, []) for query in queries]


SURE = [("mug", 0.9), ("pot", 0.5)]


def told(shop, queries, teacher, **rest):
    _, texts = shop()
    dropped = Counter()
    pairs = pseudo_pairs(queries, teacher, texts, **{"least": 0.6, "margin": 0.2, "dropped": dropped, **rest})
    return pairs, dropped


def test_only_the_sure_and_unambiguous_is_learnt(shop):
    teacher = Known(
        cup=SURE,
        dim=[("mug", 0.59)],
        torn=[("mug", 0.9), ("pot", 0.71)],
        twins=[("mug", 0.9), ("mug-twin", 0.89), ("pot", 0.1)],
        gone=[("silent", 0.9)],
        nan=[("mug", float("nan"))],
        alone=[("pot", 0.8)],
    )
    pairs, dropped = told(shop, ["cup", "dim", "torn", "twins", "gone", "nan", "nothing", "alone"], teacher)
    assert [(p.left, p.item, p.kind) for p in pairs] == [
        ("cup", "mug", PairKind.PSEUDO),
        ("twins", "mug", PairKind.PSEUDO),
        ("alone", "pot", PairKind.PSEUDO),
    ]
    assert pairs[0].right == "white mug"
    assert dropped == {"unsure": 2, "ambiguous": 1, "unknown": 2}


def test_judged_queries_are_never_even_asked(shop):
    teacher = Known(cup=SURE)
    pairs, dropped = told(shop, ["cup", "ＣＵＰ!", "cup "], teacher, judged=["Cup"])
    assert pairs == [] == teacher.asked and dropped == {"judged": 3}


def test_what_says_one_thing_counts_once(shop):
    pairs, dropped = told(shop, [" cup", "CUP", "?"], Known(cup=SURE))
    assert [pair.left for pair in pairs] == ["cup"] and dropped == {"repeated": 2}


def test_an_item_keeps_its_surest_queries(shop):
    teacher = Known(**{f"q{n}": [("mug", 0.7 + n / 100)] for n in range(6)})
    pairs, dropped = told(shop, sorted(teacher.answers), teacher, per_item=2)
    assert [pair.left for pair in pairs] == ["q5", "q4"] and dropped == {"crowded": 4}


def test_every_query_is_accounted_for(shop):
    teacher = Known(**{f"q{n}": [("mug" if n % 2 else "pot", n / 700)] for n in range(700)})
    pairs, dropped = told(shop, [f"q{n}" for n in range(700)], teacher)
    assert len(pairs) + dropped.total() == 700 == len(teacher.asked)


def test_senseless_bounds_are_refused(shop):
    with pytest.raises(ConfigError, match="Got -1 and 5"):
        told(shop, [], Known(), margin=-1)
