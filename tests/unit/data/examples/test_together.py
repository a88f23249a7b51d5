from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY
from zhanggui.core.product import Product
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.together import together_pairs
from zhanggui.data.store import MemoryStore


def bought(day, item, **rest):
    return {"type": EventType.PURCHASE, "time": day * DAY, "item_id": item, **rest}


def told(shop, *acts, until=100 * DAY, **rest):
    return {(p.left, p.item, p.time // DAY) for p in together_pairs(*shop(*acts), until=until, seed=0, **rest)}


def test_one_order_pairs_both_ways(shop):
    acts = (bought(1, "mug", order_id="o"), bought(1, "pot", order_id="o"))
    assert told(shop, *acts) == {("white mug", "pot", 1), ("iron pot", "mug", 1)}


def test_two_orders_of_one_day_pair_one_way_only_if_one_is_later(shop):
    acts = (bought(1, "mug", order_id="o"), {**bought(1, "pot", order_id="p"), "time": DAY + 1})
    assert told(shop, *acts) == {("white mug", "pot", 1)}
    assert told(shop, bought(1, "mug", order_id="o"), bought(1, "pot", order_id="p")) == set()


def test_without_orders_a_day_is_one(shop):
    assert told(shop, bought(1, "mug"), bought(1, "pot")) == {("white mug", "pot", 1), ("iron pot", "mug", 1)}


def test_what_comes_after_points_forward_and_not_for_ever(shop):
    assert told(shop, bought(1, "mug"), bought(31, "pot")) == {("white mug", "pot", 31)}
    assert told(shop, bought(1, "mug"), bought(32, "pot")) == set()


def test_shoppers_are_not_mixed(shop):
    assert told(shop, bought(1, "mug"), bought(1, "pot", user_id="bob")) == set()


def test_one_thing_is_not_paired_with_itself(shop):
    acts = [bought(1, item, order_id="o") for item in ("tea", "tea2")]
    assert told(shop, *acts) == told(shop, bought(1, "mug"), bought(2, "mug-twin"), bought(3, "mug")) == set()


def test_until_and_the_share_of_an_item(shop):
    acts = [bought(day, item) for day in range(1, 9) for item in ("mug", "pot")]
    assert max(day for _, _, day in told(shop, *acts, until=5 * DAY)) == 4
    assert {day for _, _, day in told(shop, *acts, per_item=2)} == {8}


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.sampled_from("vwxyz")), max_size=30),
    st.integers(0, 60),
)
def test_a_pair_was_bought_by_one_shopper_in_that_order(acts, cut):
    store = MemoryStore()
    store.put_products(Product(item, title=f"title {item}") for item in "vwxyz")
    store.put_events(Event(str(n), u, EventType.PURCHASE, d * DAY, i) for n, (u, d, i) in enumerate(acts))
    pairs = together_pairs(store, Texts.of(store.all_products()), until=cut * DAY, seed=1)
    for pair in pairs:
        day, one = pair.time // DAY, pair.left[-1]
        assert day < cut and one != pair.item
        assert any(
            (user, day, pair.item) in acts and any((user, earlier, one) in acts for earlier in range(day - 30, day + 1))
            for user in "ab"
        )
    days = {(u, d) for u, d, _ in acts if d < cut}
    mates = [{i for u, d, i in acts if (u, d) == day} for day in days]
    assert len(pairs) >= sum(len(items) for items in mates if len(items) > 1)
