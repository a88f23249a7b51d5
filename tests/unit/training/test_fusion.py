"""Fitting and judging of fusion, on a shop whose right answer is planted."""

import numpy as np
import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.retrieval.fusion import BY_TOKENS, DEFAULT, Fusion
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.fusion import (
    BM25,
    DENSE,
    FITTED,
    SHIPPED,
    TOKENS,
    Found,
    by_tokens,
    deaf,
    evaluate_search,
    find,
    fit_fusion,
    fit_threshold,
    measured_spread,
)

N = 30


class PlantedEncoder:
    """Knows what "query n" and "thing n" mean: direction n; a share of noise makes it less sure."""

    name, dim = "planted", N

    def queries(self, texts):
        return np.eye(N, dtype=np.float32)[[int(text.split()[-1]) for text in texts]]

    def passages(self, texts):
        return self.queries(texts)


def shop(words="thing"):
    """Titles say nothing of the query; each item's vector does."""
    index = MemoryIndex(analyser=Analyser(), dim=N)
    items = [ItemId(f"i{n}") for n in range(N)]
    products = [Product(item, title=f"{words} {n}") for n, item in enumerate(items)]
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products)], N)
    index.put_vectors(items, PlantedEncoder().passages([p.title for p in products]))
    queries = {f"q{n:02}": f"query {(n + 1) % N}" for n in range(0, N, 2)}
    grades = {name: {items[int(text.split()[1])]: 1.0} for name, text in queries.items()}
    return index, Judgments(queries, grades)


def test_every_system_has_a_row_and_one_is_shipped():
    index, judgments = shop()
    judgments.queries["empty"] = "query 1"
    table = evaluate_search(index, PlantedEncoder(), judgments, seed=1)
    names = [row.system for row in table.rows]
    assert {BM25, DENSE, SHIPPED, FITTED} <= set(names)
    assert [row.system for row in table.rows if row.shipped] == [SHIPPED]
    assert (table.queries, table.left_out) == (15, 1)
    dense = next(row for row in table.rows if row.system == DENSE)
    assert dense.metrics["mrr@10"] == 1.0
    assert table.comparison["mrr@10"].low <= table.comparison["mrr@10"].difference <= 0


def test_where_tokens_are_kept_the_best_are_ordered_by_them_and_that_is_shipped():
    index, _ = shop("green tea")
    judgments = Judgments(
        {f"q{n}": f"green tea {n}" for n in range(9)}, {f"q{n}": {ItemId("i9"): 1.0} for n in range(9)}
    )
    asked = []

    def met(query, items):
        asked.append(len(items))
        return np.array([0.9 if item == "i9" else 0.1 for item in items], np.float32)

    blind = Fusion(weight=1.0)  # words alone, by which all but one product are equal
    table = evaluate_search(index, PlantedEncoder(), judgments, seed=1, shipped=blind, met=met)
    rows = {row.system: row for row in table.rows}
    assert rows[TOKENS].shipped and not rows[SHIPPED].shipped and set(asked) == {BY_TOKENS}
    assert rows[TOKENS].metrics["mrr@10"] > rows[SHIPPED].metrics["mrr@10"]
    assert table.compared[0] == TOKENS


def test_meaning_ordered_by_tokens_hears_no_words():
    def met(query, items):
        return np.array([0.9 if item == "5" else 0.1 for item in items], np.float32)

    items = tuple(ItemId(f"{n}") for n in range(30))
    found = Found(items, np.linspace(9, 0, 30, dtype=np.float32), np.linspace(0, 0.9, 30, dtype=np.float32))
    assert by_tokens(found, Fusion(), met, "茶")[0] == "5"
    heard = by_tokens(deaf(found), Fusion(), met, "茶")
    assert heard[0] == "29" and heard.index("5") >= BY_TOKENS, "5 is not among the nearest"


def test_without_an_encoder_words_alone_are_judged_and_shipped():
    index, judgments = shop()
    table = evaluate_search(index, None, judgments, seed=1)
    assert [(row.system, row.shipped) for row in table.rows] == [(BM25, True)]


def two_sides(*, right):
    """One relevant item and nine others; one side puts it first, the other last."""
    items = tuple(ItemId(f"{n}") for n in range(10))
    good, bad = np.linspace(1, 0, 10, dtype=np.float32), np.linspace(0, 1, 10, dtype=np.float32)
    lexical, dense = (good, bad / 10) if right == "words" else (bad, good / 10)
    found = {f"q{n}": Found(items, lexical, dense) for n in range(8)}
    return found, Judgments({name: name for name in found}, {name: {items[0]: 2.0} for name in found})


def test_the_better_side_gets_the_weight():
    assert fit_fusion(*two_sides(right="words")).weight > DEFAULT.weight - 0.2
    assert fit_fusion(*two_sides(right="meaning"), start=Fusion(weight=0.9)).weight < 0.5


def test_judgments_that_tell_nothing_change_nothing():
    found, _ = two_sides(right="words")
    start = Fusion(weight=0.35)
    assert fit_fusion(found, Judgments(), start=start) == start
    tied = {"q0": Found((ItemId("a"),), np.ones(1, np.float32), np.ones(1, np.float32))}
    assert fit_fusion(tied, Judgments({"q0": "x"}, {"q0": {ItemId("a"): 1.0}}), start=start) == start


def test_spread_and_threshold_are_those_of_the_vectors():
    index, judgments = shop()
    expected = np.sqrt(1 / N * (1 - 1 / N))
    assert measured_spread(index, PlantedEncoder(), list(judgments.queries.values())) == pytest.approx(expected)
    assert fit_threshold(index, PlantedEncoder(), judgments) == 4.0
    assert fit_threshold(index, PlantedEncoder(), Judgments()) == 3.0


def test_found_keeps_scores_beside_their_items():
    index, _ = shop()
    found = find(index, PlantedEncoder(), {"q": "thing 3"})["q"]
    assert found.items[0] == found.nearest[0] == "i3"
    assert found.dense[0] == 1.0
    assert found.ranked(DEFAULT)[0] == "i3"
