import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.data.examples.conftest import SHELF
from zhanggui.core.errors import InputError
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY
from zhanggui.data.examples.behaviour import behaviour_pairs
from zhanggui.data.examples.catalogue import catalogue_pairs
from zhanggui.data.examples.leaks import check_leaks, without_judged
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.store import MemoryStore


def pair(left="cup", time=None, kind=PairKind.QUERY):
    return Pair(left, "white mug", "mug", kind, time)


def test_what_is_of_the_cut_or_later_leaks():
    check_leaks([pair(time=DAY - 1), pair()], until=DAY)
    with pytest.raises(InputError, match=r"1 training pairs are not from before 1970-01-02T00:00:00Z"):
        check_leaks([pair(time=DAY - 1), pair(time=DAY)], until=DAY)


@pytest.mark.parametrize("left", ["绿色毛衣", "綠色毛衣", " 绿色 毛衣!", "绿色毛衣\u200b"])
@pytest.mark.parametrize("kind", PairKind)
def test_a_judged_query_leaks_however_it_is_written(left, kind):
    with pytest.raises(InputError, match=r"1 training pairs hold a judged query"):
        check_leaks([pair("毛衣"), pair(left, kind=kind)], judged=["绿色毛衣"])


def test_a_query_that_holds_a_judged_one_is_another_query():
    check_leaks([pair("绿色毛衣女"), pair("?")], judged=["绿色毛衣", "!"])


def test_a_part_of_a_title_may_be_a_judged_query(shop):
    store, _ = shop()
    pairs = catalogue_pairs(list(store.all_products()), seed=0)
    secret = [pairs[0].left.upper()]
    with pytest.raises(InputError, match="without_judged"):
        check_leaks(pairs, judged=secret)
    clean = without_judged(pairs, secret)
    check_leaks(clean, judged=secret)
    assert 0 < len(clean) < len(pairs)


@given(st.data())
def test_behaviour_before_a_moment_never_leaks_and_does_not_know_what_comes(data):
    types = (EventType.SEARCH, EventType.CLICK, EventType.VIEW, EventType.PURCHASE)
    acts = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(types),
                st.integers(0, 5 * DAY),
                st.sampled_from([product.item_id for product in SHELF]),
                st.sampled_from(["", "cup"]),
            ),
            max_size=20,
        )
    )
    cut = data.draw(st.integers(0, 5 * DAY))
    made = []
    for known in (acts, [act for act in acts if act[1] < cut]):
        store = MemoryStore()
        store.put_products(SHELF)
        store.put_events(
            Event(f"{act}", "ann", act[0], act[1], "" if act[0] is EventType.SEARCH else act[2], query=act[3])
            for act in known
        )
        made.append(behaviour_pairs(store, until=cut))
    check_leaks(made[0], until=cut)
    assert made[0] == made[1]
