from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.event import EventType
from zhanggui.data.examples.histories import BETWEEN, history_pairs, history_text

VIEW, BUY = EventType.VIEW, EventType.PURCHASE


def seen(time, item, type_=VIEW, **rest):
    return {"type": type_, "time": time, "item_id": item, **rest}


def told(shop, *acts, until=100, **rest):
    return [(p.left, p.item, p.time) for p in history_pairs(*shop(*acts), until=until, **rest)]


def test_the_latest_comes_first(shop):
    acts = (seen(1, "tea"), seen(2, "mug"), seen(3, "pot"))
    assert told(shop, *acts) == [("green tea", "mug", 1 + 1), ("white mug | green tea", "pot", 3)]
    assert told(shop, *acts, until=3) == [("green tea", "mug", 2)]


def test_what_is_bought_at_once_does_not_foretell_itself(shop):
    assert told(shop, seen(1, "tea", BUY), seen(1, "mug", BUY), seen(1, "pot", BUY)) == []
    acts = (seen(1, "tea", BUY), seen(2, "mug", BUY), seen(2, "pot", BUY))
    assert told(shop, *acts) == [("green tea", "mug", 2), ("green tea", "pot", 2)]


def test_what_the_history_names_is_not_asked(shop):
    assert told(shop, seen(1, "mug"), seen(2, "mug"), seen(3, "mug-twin")) == []
    assert told(shop, seen(1, "tea"), seen(2, "tea2")) == []


def test_returns_dislikes_and_other_shoppers_are_no_history(shop):
    acts = (seen(1, "tea", EventType.DISLIKE), seen(1, "pot", user_id="bob"), seen(2, "mug"), seen(3, "silent"))
    assert told(shop, *acts) == []


def test_a_robot_is_one_voice(shop):
    acts = [seen(n, ("tea", "mug", "pot")[n % 3]) for n in range(3)]
    crowd = [seen(n, item, user_id=f"u{u}") for u in range(3) for n, item in enumerate(("tea", "mug", "pot"))]
    assert len(told(shop, *acts, *crowd)) == 8
    assert [time for _, _, time in told(shop, *acts, *crowd, per_user=1)] == [2, 2, 2, 2]


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(1, 30))
def test_a_histories_text_is_bounded_and_keeps_whole_titles(titles, longest):
    text = history_text(titles, longest=longest)
    kept = [title for title in dict.fromkeys(titles) if title]
    assert len(text) <= longest
    assert bool(text) == bool(kept)
    wholes = [BETWEEN.join(kept[:n]) for n in range(len(kept) + 1)]
    assert text in wholes or text == kept[0][:longest]
