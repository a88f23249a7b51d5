import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.data.examples.listed import OWN, listed

ROWS = {f"i{n}": n for n in range(8)}
FOUND = st.lists(
    st.tuples(st.sampled_from([*ROWS, "gone"]), st.floats(-1, 1)), max_size=12, unique_by=lambda one: one[0]
)


@given(FOUND, st.sampled_from([None, "i3", "gone"]))
def test_shares_are_of_known_items_and_sum_to_one(found, own):
    one = listed("tea", found, ROWS, temperature=0.05, own=own)
    known = {item for item, _ in found if item in ROWS} | ({own} & ROWS.keys())
    assert set(one.rows) == {ROWS[item] for item in known} and len(set(one.rows)) == len(one.rows)
    assert sum(one.shares) == pytest.approx(1 if known else 0) and min(one.shares, default=0) >= 0


def test_a_known_answer_has_half_and_what_search_adds():
    one = listed("tea", [("i0", 0.3), ("i1", 0.3)], ROWS, temperature=0.1, own="i5")
    assert dict(zip(one.rows, one.shares, strict=True)) == {0: 0.25, 1: 0.25, 5: OWN}
    assert listed("tea", [], ROWS, temperature=0.1, own="i5").shares == (1.0,)


def test_items_that_say_the_same_are_one():
    one = listed("tea", [("a", 0.2), ("b", 0.2), ("c", 0.2)], {"a": 4, "b": 4, "c": 1}, temperature=0.1)
    assert dict(zip(one.rows, one.shares, strict=True)) == {4: pytest.approx(2 / 3), 1: pytest.approx(1 / 3)}


def test_a_lower_temperature_is_surer():
    soft, sharp = (listed("tea", [("i0", 0.5), ("i1", 0.4)], ROWS, temperature=t).shares[0] for t in (0.1, 0.05))
    assert 0.7 < soft < sharp < 0.9


def test_what_answers_nothing_is_not_a_list_unless_an_item_is_known():
    found = [("i0", 0.2), ("i1", 0.1)]
    assert listed("submarine", found, ROWS, temperature=0.1, least=0.3).rows == ()
    assert listed("submarine", found, ROWS, temperature=0.1, least=0.2).rows == (0, 1)
    assert listed("submarine", found, ROWS, temperature=0.1, least=0.3, own="i5").rows == (5,)
