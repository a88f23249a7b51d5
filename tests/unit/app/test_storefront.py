"""The pages: what they show, that everything is escaped, what a visitor may send."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import orjson
import pytest

from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.pictures import icon_of
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.errors import StoreError
from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.request import Surface


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))


PAGE = {"Accept": "text/html"}
ODD = "a/b c"
PATHS = ["/", "/search", "/search?q=茶", "/item/tea", "/item/a%2Fb%20c?from=r1:2", "/report", "/item/none", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_lets_a_product_or_a_visitor_write_html(client, path, language):
    client.cookies.set("zg_lang", language)
    answer = client.get(path, headers=PAGE)
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_inline_code_or_asks_another_host(client, path):
    tags = Tags(client.get(path, headers=PAGE).text).found
    assert all(dict(attributes).get("src", "").startswith("/static/") for tag, attributes in tags if tag == "script")
    for tag, attributes in tags:
        for name, value in attributes:
            assert not name.startswith("on") and name != "style", f"{tag} has {name}"
            assert name not in ("src", "href", "action") or re.match(r"[/#](?!/)", value), f"{tag} {name}={value}"


def test_a_query_is_shown_escaped(client):
    html = client.get("/search", params={"q": '"><script>alert(3)</script>', "brand": "<b>x</b>"}, headers=PAGE).text
    assert "<script>alert" not in html and "<b>x" not in html
    assert "&lt;script&gt;alert(3)" in html


def test_the_first_page_shows_picks_with_reasons_and_example_queries(client):
    html = client.get("/", headers=PAGE).text
    assert "龙井茶" in html and "4 位顾客的选择" in html
    assert "/search?q=" + quote("冰淇淋") in html and "/search?q=ice+cream" in html


def test_language_comes_from_the_address_then_the_cookie_then_the_browser(client):
    def tongue(path="/", **headers):
        return re.search(r'<html lang="([^"]+)"', client.get(path, headers={**PAGE, **headers}).text)[1]

    english = {"Accept-Language": "en-GB,en;q=0.8,zh;q=0.2"}
    assert tongue() == "zh-CN"
    assert tongue(**english) == "en"
    assert tongue("/?lang=zh", **english) == "zh-CN"
    assert tongue(**english) == "zh-CN", "the cookie of the last choice"
    assert tongue("/?lang=<b>", **english) == "zh-CN"


def test_the_switch_keeps_the_address(client):
    html = client.get("/search?q=茶&brand=狮峰", headers=PAGE).text
    assert f'href="/search?q={quote("茶")}&amp;brand={quote("狮峰")}&amp;lang=en"' in html


def test_a_product_page_joins_what_follows_to_the_page_that_led_there(client):
    html = client.get("/item/tea?from=r1%3A2", headers=PAGE).text
    assert "<body" in html and 'data-ranking="r1" data-position="2"' in html
    assert "白瓷盖碗" in html


def test_results_can_be_filtered_sorted_and_paged(client, shop):
    html = client.get("/search?brand=狮峰&in_stock=1&sort=newest&page=2", headers=PAGE).text
    assert shop.requests[-2 if "suggested" in html else -1].offset in (0, 24)
    asked = next(r for r in reversed(shop.requests) if r.surface is Surface.SEARCH)
    assert (asked.offset, asked.filters.brands, asked.filters.in_stock) == (24, ("狮峰",), True)


@pytest.mark.parametrize("query", ["page=0", "page=x", "price_min=abc", "colour=red", "page=99999"])
def test_a_senseless_address_is_told_in_words(client, query):
    answer = client.get(f"/search?{query}", headers={**PAGE, "Accept-Language": "en"})
    assert answer.status_code == 400
    assert "This page cannot be shown" in answer.text
    assert client.get(f"/search?{query}").json()["error"]["code"] == "bad_request"


def test_empty_fields_of_a_form_count_as_not_given(client, shop):
    assert client.get("/search?q=&price_min=&price_max=5", headers=PAGE).status_code == 200
    assert shop.requests[-1].filters.price_max == 5


def test_a_failing_shop_still_gets_a_page(client, shop):
    shop.failure = StoreError("The Store is locked.")
    answer = client.get("/", headers={**PAGE, "Accept-Language": "en"})
    assert answer.status_code == 503
    assert "cannot answer now" in answer.text and "locked" not in answer.text
    assert answer.headers["retry-after"] == "1"


def test_an_empty_shop_says_how_to_fill_it(client, shop):
    shop.remove_products(["tea", "mug", ODD])
    html = client.get("/", headers=PAGE).text
    assert "zhanggui import products" in html and "http://testserver/v1/products" in html


def test_an_act_becomes_an_event_of_the_servers_time_and_the_cookies_person(client, shop, clock):
    body = {"type": "click", "item_id": ODD, "ranking_id": "r1", "position": 2, "surface": "search"}
    first = client.post("/shop/act", json=body)
    assert first.json() == {"ok": True}
    user = client.cookies["zg_user"]
    assert re.fullmatch(r"visitor-[0-9a-f]{32}", user)
    clock.advance(5)
    client.post("/shop/act", json={"type": "like", "item_id": "tea"})
    events = shop.store.events_of(user)
    assert [(e.type, e.item_id, e.ranking_id, e.position, e.surface) for e in events] == [
        (EventType.CLICK, ODD, "r1", 2, "search"),
        (EventType.LIKE, "tea", "", None, ""),
    ]
    assert [e.time for e in events] == [clock.now() - 5, clock.now()]
    assert all(flag in first.headers["set-cookie"] for flag in ("HttpOnly", "SameSite=lax"))


def test_the_next_page_knows_the_act(client, shop):
    def order():
        return re.findall(r'class="card" data-item="([^"]+)"', client.get("/", headers=PAGE).text)[:3]

    first = order()
    client.post("/shop/act", json={"type": "view", "item_id": first[-1]})
    assert order()[0] == first[-1]


def test_acts_work_without_the_script(client, shop):
    form = {
        "type": "cart",
        "item_id": "tea",
        "ranking_id": "r1",
        "position": "0",
        "surface": "for_you",
        "next": "/item/tea",
    }
    answer = client.post("/shop/act", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/item/tea")
    assert shop.store.events_of(client.cookies["zg_user"])[0].position == 0


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", "x", "/\r\nA: b"]
)
def test_no_one_is_sent_to_another_site(client, target):
    form = {"type": "cart", "item_id": "tea", "next": target}
    for path in ("/shop/act", "/shop/user"):
        assert client.post(path, data=form, follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item_id": "tea"}, "type"),
        ({"type": "purchase", "item_id": "tea"}, "type"),
        ({"type": ["click"], "item_id": "tea"}, "type"),
        ({"type": "click"}, "item_id"),
        ({"type": "click", "item_id": 7}, "item_id"),
        ({"type": "click", "item_id": "x" * 300}, "item_id"),
        ({"type": "click", "item_id": "tea", "position": -1}, "position"),
        ({"type": "click", "item_id": "tea", "position": True}, "position"),
        ({"type": "click", "item_id": "tea", "position": "x"}, "position"),
        ({"type": "click", "item_id": "tea", "time": 1}, "time"),
        ({"type": "click", "item_id": "tea", "user_id": "someone"}, "user_id"),
    ],
)
def test_a_senseless_act_is_refused(client, shop, body, field):
    answer = client.post("/shop/act", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert shop.store.totals().events == 0


def test_acts_are_bounded(client, shop):
    assert client.post("/shop/act", json={"type": "click", "item_id": "none"}).status_code == 404
    assert client.post("/shop/act", content=orjson.dumps({"type": "x" * 5000})).status_code == 413
    act = {"type": "view", "item_id": "tea"}
    assert client.post("/shop/act", json=act).status_code == 200
    # The bucket fills again while we ask: a slow machine needs more than the burst to empty it.
    assert any(client.post("/shop/act", json=act).status_code == 429 for _ in range(500))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver"}, 200),
    ],
)
def test_acts_come_from_the_shops_own_pages(client, headers, status):
    body = {"type": "view", "item_id": "tea"}
    assert client.post("/shop/act", json=body, headers=headers).status_code == status


def test_looking_with_anothers_eyes_is_for_demonstrations_only(make_client, shop):
    for allowed in (True, False):
        client = make_client(choose_users=allowed)
        client.post("/shop/user", data={"user": "家庭 1"})
        client.get("/", headers=PAGE)
        assert (shop.requests[-1].user == "家庭 1") is allowed
        client.cookies.clear()
        client.cookies.set("zg_user", "u1")
        client.get("/", headers=PAGE)
        assert (shop.requests[-1].user == "u1") is allowed


def test_in_a_demonstration_the_first_shopper_is_shown_and_others_offered(make_client, shop):
    for user, item in (("h1", "tea"), ("h1", "mug"), ("h2", "tea")):
        make_client().post(
            "/v1/events",
            json={"user_id": user, "type": "purchase", "time": 1, "item_id": item},
            headers={"X-Zhanggui-Key": "open-sesame"},
        )
    html = make_client(choose_users=True).get("/", headers=PAGE).text
    assert shop.requests[-1].user == "h1"
    assert re.findall(r'<option value="([^"]*)"', html) == ["h1", "h2", ""]
    assert "choose" not in make_client().get("/", headers=PAGE).text


def test_files_are_served_and_may_be_kept(client):
    html = client.get("/", headers=PAGE).text
    for address in set(re.findall(r'"(/static/[^"]+)"', html)):
        assert client.get(address).status_code == 200
        assert "?v=" in address


def test_what_is_no_longer_in_the_catalogue_is_not_among_the_recent(client, shop):
    for item in ("mug", "tea"):
        client.post("/shop/act", json={"type": "view", "item_id": item})
    shop.remove_products(["mug"])
    html = client.get("/", headers=PAGE).text
    assert re.findall(r'class="mini" href="([^"]+)"', html) == ["/item/tea"]


@pytest.mark.parametrize(
    ("category", "title", "icon"),
    [
        (("宠物", "猫", "主粮"), "", "paw"),
        (("Grocery", "Hot dog buns"), "", ""),
        (("Grocery", "Hot dog buns"), "Bread rolls", "bread"),
        (("Pet care", "Dog foods"), "", "paw"),
        (("食品", "粮油", "面"), "", "bread"),
        (("食品", "粮油", "油"), "", "bottle"),
        (("食品", "饮品", "果汁"), "", "cup"),
        ((), "Catfish fillet", ""),
        ((), "Ice cream", "snow"),
    ],
)
def test_a_drawing_is_chosen_by_what_the_product_is(category, title, icon):
    assert icon_of(Product(ItemId("x"), title=title, category=category)) == icon


def test_the_list_of_shoppers_is_not_counted_for_every_page(shop):
    asked = []
    shop.users = lambda *, k: asked.append(k) or ["h1"]
    now = [0.0]
    frame = Frame(shop, ApiSettings(), seconds=lambda: now[0])
    for now[0] in (0.0, 29.0, 30.0, 31.0):
        assert frame.shoppers() == ["h1"]
    assert asked == [20, 20]
