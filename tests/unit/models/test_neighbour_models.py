"""Item, sequence and basket neighbours, and EASE, against slow and plain calculations."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from zhanggui.core.event import EventType
from zhanggui.core.interactions import Histories
from zhanggui.models.basket_knn import BasketKnn
from zhanggui.models.ease import Ease
from zhanggui.models.item_knn import ItemKnn
from zhanggui.models.neighbours import gathered, shares
from zhanggui.models.sequence_knn import SequenceKnn

ITEMS = tuple("abcdef")
EVENTS = st.lists(
    st.tuples(st.sampled_from("uvwx"), st.integers(0, 4), st.sampled_from(ITEMS)), min_size=1, max_size=24, unique=True
)


def matrix(model):
    return model.neighbours_.toarray()


def owned(log):
    table = np.zeros((len(log.users), len(log.items)))
    table[log.user, log.item] = 1
    return table


@settings(deadline=None, max_examples=60)
@given(EVENTS, st.sampled_from([0.0, 3.0]))
def test_item_knn_is_the_cosine(log_of, lines, shrinkage):
    log = log_of(lines, items=ITEMS)
    table = owned(log)
    together = table.T @ table
    norms = np.sqrt(np.diag(together))
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(together / (np.outer(norms, norms) + shrinkage))
    np.fill_diagonal(expected, 0)
    model = ItemKnn(shrinkage=shrinkage).fit(log)
    assert matrix(model) == pytest.approx(expected)
    assert all(model.shoppers(i, j) == together[i, j] for i in range(6) for j in range(6) if i != j)


@settings(deadline=None, max_examples=60)
@given(EVENTS)
def test_sequence_knn_counts_what_followed(log_of, lines):
    log = log_of(lines, items=ITEMS)
    model = SequenceKnn(decay=0.5, undirected=0.0, shrinkage=0.0).fit(log)
    expected = np.zeros((6, 6))
    for user in range(len(log.users)):
        mine = np.flatnonzero(log.user == user)
        days = sorted(set(log.time[mine]))
        for one in mine:
            for other in mine:
                lag = days.index(log.time[other]) - days.index(log.time[one])
                if lag >= 0 and log.item[one] != log.item[other]:
                    expected[log.item[one], log.item[other]] += 0.5 ** max(lag - 1, 0)
    expected /= np.sqrt(np.maximum(owned(log).sum(axis=0), 1))[:, None]
    assert matrix(model) == pytest.approx(expected)


def test_sequence_knn_has_a_direction(log_of):
    log = log_of([(user, day, item) for user in "uvw" for day, item in enumerate(("phone", "case"))])
    scores = SequenceKnn().fit(log).score(Histories.of([log.items.row("phone")], types=[8]))[0]
    back = SequenceKnn().fit(log).score(Histories.of([log.items.row("case")], types=[8]))[0]
    assert scores[log.items.row("case")] > back[log.items.row("phone")] > 0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("uvwx"), st.integers(0, 3), st.sampled_from(ITEMS), st.integers(-1, 2)),
        min_size=1,
        max_size=24,
    )
)
def test_basket_knn_counts_shoppers_not_baskets(log_of, lines):
    log = log_of([(u, d, i, EventType.PURCHASE, b) for u, d, i, b in lines], items=ITEMS)
    baskets = defaultdict(set)
    for user, day, item, basket in lines:
        baskets[user, basket if basket >= 0 else ("day", day)].add(item)
    pairs = {(user, one, other) for (user, _), goods in baskets.items() for one in goods for other in goods}
    model = BasketKnn().fit(log)
    for one in ITEMS:
        for other in ITEMS:
            if one != other:
                expected = sum((user, one, other) in pairs for user in "uvwx")
                assert model.shoppers(ITEMS.index(one), ITEMS.index(other)) == expected


def test_basket_knn_leaves_out_giants_and_what_was_not_bought(log_of):
    bought = [("u", 0, item, EventType.PURCHASE, 1) for item in "abc"] + [
        ("v", 0, item, EventType.PURCHASE, 2) for item in "ab"
    ]
    seen = [("w", 0, item, EventType.VIEW, 3) for item in "cd"]
    model = BasketKnn(largest=2).fit(log_of(bought + seen, items=ITEMS))
    assert model.left_out_ == 1 and model.shoppers(0, 1) == 1 and model.shoppers(0, 2) == model.shoppers(2, 3) == 0


@settings(deadline=None, max_examples=40)
@given(EVENTS, st.sampled_from([1.0, 20.0]))
def test_ease_is_its_closed_form(log_of, lines, penalty):
    log = log_of(lines, items=ITEMS)
    table = owned(log)
    inverse = np.linalg.inv(table.T @ table + penalty * np.eye(6))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    assert matrix(Ease(penalty=penalty).fit(log)) == pytest.approx(np.maximum(expected, 0), abs=1e-5)


def test_ease_by_shoppers_and_by_items_agree(log_of):
    few = [(user, 0, item) for user, goods in {"u": "abcde", "v": "abf", "w": "cdf"}.items() for item in goods]
    many = few + [(f"n{n}", 0, item) for n in range(9) for item in "ab"]
    for lines in (few, many):
        log = log_of(lines, items=ITEMS)
        table = owned(log)
        inverse = np.linalg.inv(table.T @ table + 5 * np.eye(6))
        assert matrix(Ease(penalty=5).fit(log))[0, 1] == pytest.approx(-inverse[0, 1] / inverse[1, 1], abs=1e-5)


def test_ease_says_what_it_cut(log_of):
    log = log_of([("u", 0, "a"), ("v", 0, "a"), ("u", 0, "b"), ("w", 0, "c")], items=ITEMS)
    model = Ease(cap=1).fit(log)
    assert model.note == "1 of 6 items, 50.0% of what happened"


def test_evidence_is_a_share_of_the_score(log_of):
    log = log_of([(u, 0, i) for u, goods in {"u": "abc", "v": "ac", "w": "bc"}.items() for i in goods], items=ITEMS)
    model = ItemKnn(shrinkage=0).fit(log)
    found = model.because(Histories.of([0, 1], types=[8, 8]), 2)
    cosine = {0: 2 / np.sqrt(2 * 3), 1: 2 / np.sqrt(2 * 3)}
    assert found == [(item, pytest.approx(value / sum(cosine.values()))) for item, value in cosine.items()]


def test_the_strongest_are_kept_and_ties_go_to_the_smaller_column():
    columns, values = np.array([5, 1, 3, 0]), np.array([1.0, 2.0, 1.0, -1.0], np.float32)
    nothing = np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32)
    kept, evidence = gathered([(columns, values, values * 10), *[nothing] * 5], top=2)
    assert kept.toarray()[0].tolist() == [0, 2, 0, 1, 0, 0] and evidence.tolist() == [20, 10]


def test_no_evidence_for_what_is_no_neighbour():
    assert shares(csr_array(np.array([[1.0, 0.0]])), csr_array(np.zeros((2, 2))), 1) == []
