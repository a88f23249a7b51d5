from zhanggui.core.candidate import Ranking
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY, MINUTE
from zhanggui.core.request import Surface
from zhanggui.data.examples.queries import query_pairs

SEARCH, CLICK, VIEW = EventType.SEARCH, EventType.CLICK, EventType.VIEW
CART, BUY = EventType.CART, EventType.PURCHASE


def act(type_, minute, item="", **rest):
    return {"type": type_, "time": minute * MINUTE, "item_id": item, **rest}


def page(name, query):
    return Ranking(name, Surface.SEARCH, 0, ("mug",), (1.0,), (1.0,), "ann", query)


def told(shop, *acts, until=10 * DAY, rankings=()):
    return [(p.left, p.item, p.weight) for p in query_pairs(*shop(*acts, rankings=rankings), until=until)]


def test_a_search_is_credited_with_what_follows_within_half_an_hour(shop):
    acts = (act(SEARCH, 0, query="cup"), act(CLICK, 30, "mug"), act(CLICK, 31, "pot"))
    assert told(shop, *acts) == [("cup", "mug", 1.0)]


def test_the_latest_search_takes_it_and_others_searches_do_not(shop):
    acts = (act(SEARCH, 0, query="cup"), act(SEARCH, 1, query="kettle"), act(CLICK, 2, "pot"))
    assert told(shop, *acts, act(CLICK, 2, "mug", user_id="bob")) == [("kettle", "pot", 1.0)]


def test_another_session_is_not_credited(shop):
    search = act(SEARCH, 0, query="cup", session_id="s1")
    assert told(shop, search, act(CLICK, 1, "mug", session_id="s2")) == []
    assert told(shop, search, act(CLICK, 1, "mug", session_id="s1")) == [("cup", "mug", 1.0)]
    assert told(shop, search, act(CLICK, 1, "mug")) == [("cup", "mug", 1.0)]


def test_the_events_own_query_and_its_pages_come_before_the_search(shop):
    search = act(SEARCH, 0, query="kettle")
    assert told(shop, search, act(VIEW, 1, "mug", query="cup")) == [("cup", "mug", 1.0)]
    asked = act(CLICK, 1, "mug", ranking_id="r")
    assert told(shop, search, asked, rankings=[page("r", "cup")]) == [("cup", "mug", 1.0)]
    assert told(shop, search, asked, rankings=[page("r", "")]) == []  # a page without a query: not from the search
    assert told(shop, search, asked) == [("kettle", "mug", 1.0)]  # nobody knows the page


def test_a_plain_view_says_nothing(shop):
    assert told(shop, act(SEARCH, 0, query="cup"), act(VIEW, 1, "mug")) == []


def test_the_checkout_belongs_to_the_query_that_led_to_the_item(shop):
    acts = (
        act(SEARCH, 0, query="cup"),
        act(CLICK, 1, "mug"),
        act(SEARCH, 5, query="kettle"),
        act(CART, 6, "pot"),
        act(BUY, 200, "mug"),
        act(BUY, 200, "pot"),
    )
    assert told(shop, *acts) == [("cup", "mug", 3.0), ("kettle", "pot", 3.0)]


def test_the_strongest_act_gives_weight_and_time_and_until_hides_it(shop):
    acts = (act(SEARCH, 0, query="cup"), act(CLICK, 1, "mug"), act(BUY, 20, "mug"))
    [pair] = query_pairs(*shop(*acts), until=DAY)
    assert (pair.time, pair.weight, pair.right) == (20 * MINUTE, 3.0, "white mug")
    [pair] = query_pairs(*shop(*acts), until=20 * MINUTE)
    assert (pair.time, pair.weight) == (MINUTE, 1.0)


def test_items_without_words_and_queries_without_letters_are_left_out(shop):
    assert told(shop, act(CLICK, 1, "silent", query="cup"), act(CLICK, 1, "mug", query="?!")) == []
