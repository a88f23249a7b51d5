"""What a shopper does, in a real browser: search, filter, click, and be known."""

import re
import time

import pytest

pytestmark = pytest.mark.browser


def titles(page, surface):
    return page.locator(f'[data-page="{surface}"] .card h3').all_inner_texts()


def noted(page, kind):
    """Wait until the shop has acknowledged an act of this type."""

    def is_it(answer):
        return (
            answer.url.endswith("/shop/act") and answer.ok and (answer.request.post_data_json or {}).get("type") == kind
        )

    return page.expect_response(is_it)


def until(ask, good, *, seconds=10):
    """Ask again and again until the answer is good; return it."""
    end = time.monotonic() + seconds
    while not good(answer := ask()):
        assert time.monotonic() < end, f"waited {seconds} s; last answer: {answer}"
        time.sleep(0.01)
    return answer


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def be_new(page):
    page.get_by_label("以谁的眼光看店").select_option("")
    page.get_by_role("button", name="切换").click()
    page.get_by_role("heading", name="新客人，先看看大家喜欢的").wait_for()


def test_the_first_page(open_page, shoot):
    page = open_page()
    assert len(titles(page, "for_you")) == 12
    reasons = page.locator('[data-page="for_you"] .reason').all_inner_texts()
    assert len(reasons) == 12 and all(len(reason) > 4 for reason in reasons)
    assert page.get_by_role("link", name="冰淇淋").first.is_visible()
    shoot(page, "home-zh")


def test_search_filter_and_lift_the_filter(open_page, shoot):
    page = open_page()
    page.get_by_role("searchbox").fill("茶")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    total = int(page.locator("#total").get_attribute("data-total"))
    assert total >= 5 and "明前龙井绿茶 250 克" in titles(page, "search")
    facet = page.locator(".facet a", has_text="武夷山房")
    count = int(facet.locator("small").inner_text())
    facet.click()
    page.wait_for_url("**brand=**")
    assert int(page.locator("#total").get_attribute("data-total")) == count < total
    assert page.locator('[data-page="search"] .about').all_inner_texts() == ["武夷山房 · 茶"] * count
    page.get_by_role("link", name="只看有货", exact=True).click()
    page.wait_for_url("**in_stock=1**")
    assert "凤凰单丛乌龙茶 150 克" not in titles(page, "search")
    shoot(page, "search-filtered")
    page.get_by_role("link", name="去掉筛选：武夷山房").click()
    page.wait_for_url(lambda url: "brand" not in url)
    page.get_by_role("link", name="清除全部").click()
    page.wait_for_url(lambda url: "in_stock" not in url)
    assert int(page.locator("#total").get_attribute("data-total")) == total


def test_sort_price_range_category_tree_and_pages(open_page, shoot):
    page = open_page("/search")
    assert page.locator("#total").get_attribute("data-total") == "61"
    page.get_by_role("link", name="下一页").click()
    page.wait_for_url("**page=2")
    page.get_by_label("最低价").fill("20")
    page.get_by_label("最高价").fill("60")
    page.get_by_role("button", name="确定").click()
    page.wait_for_url("**price_max=60**")
    page.get_by_role("link", name="价格从低到高").click()
    page.wait_for_url("**sort=price_up**")
    prices = [float(text.strip("¥")) for text in page.locator('[data-page="search"] .price').all_inner_texts()]
    assert prices == sorted(prices) and 20 <= prices[0] and prices[-1] <= 60
    page.locator(".facet a", has_text="食品").first.click()
    page.wait_for_url("**category=**")
    page.locator(".facet .depth-1 a", has_text="饮品").click()
    page.wait_for_load_state()
    assert set(titles(page, "search")) == {"茉莉花茶 100 克", "挂耳咖啡 20 包"}
    shoot(page, "search-category")


def test_a_click_changes_the_recommendation(open_page, house, shoot):
    page = open_page()
    be_new(page)
    before = titles(page, "for_you")
    page.get_by_role("searchbox").fill("普洱")
    page.keyboard.press("Enter")
    card = page.locator('[data-page="search"] .card').first
    ranking, place = card.get_attribute("data-ranking"), card.get_attribute("data-position")
    card.locator(".card-link").click()
    page.get_by_role("heading", level=1, name="云南普洱熟茶饼 357 克").wait_for()
    shoot(page, "item")
    user = next(c["value"] for c in page.context.cookies() if c["name"] == "zg_user")
    # The browser reports no answer to what a page sent while it was being left, so the Store is asked.
    acts = until(lambda: sorted(house[1].events_of(user), key=lambda act: act.type), lambda acts: len(acts) == 2)
    assert [(act.type, act.item_id) for act in acts] == [("click", "t04"), ("view", "t04")]
    assert {(act.ranking_id, act.position) for act in acts} == {(ranking, int(place))}
    page.get_by_role("navigation", name="掌柜").get_by_role("link", name="为你").click()
    page.get_by_role("heading", name="为你挑选").wait_for()
    after = titles(page, "for_you")
    assert after != before
    assert sum("茶" in title for title in after[:4]) > sum("茶" in title for title in before[:4])
    assert any("云南普洱熟茶饼" in reason for reason in page.locator('[data-page="for_you"] .reason').all_inner_texts())
    shoot(page, "home-after-click")


def test_not_interested_goes_from_the_next_page(open_page):
    page = open_page()
    be_new(page)
    unwanted = titles(page, "for_you")[0]
    with noted(page, "dislike"):
        page.get_by_role("button", name=f"不感兴趣: {unwanted}").first.click()
    page.get_by_text("记下了：以后少推荐").wait_for()
    assert page.locator(".card.gone").count() == 1
    page.reload()
    assert unwanted not in titles(page, "for_you")


def test_cart_and_like_are_noted(open_page, house):
    page = open_page("/item/k01")
    with noted(page, "cart"):
        page.get_by_role("button", name="加入购物车").first.click()
    page.get_by_text("已加入购物车").wait_for()
    with noted(page, "like"):
        page.get_by_role("button", name="喜欢", exact=True).first.click()
    assert page.locator('.product .act-like[aria-pressed="true"]').count() == 1
    kinds = [
        e.type for user in house[1].interactions().users.ids for e in house[1].events_of(user) if e.item_id == "k01"
    ]
    assert "cart" in kinds and "like" in kinds


def test_shopper_chooser(open_page):
    page = open_page()
    chooser = page.get_by_label("以谁的眼光看店")
    other = chooser.locator("option").nth(2).get_attribute("value")
    first = titles(page, "for_you")
    chooser.select_option(other)
    page.get_by_role("button", name="切换").click()
    page.wait_for_load_state()
    assert page.get_by_label("以谁的眼光看店").input_value() == other
    assert titles(page, "for_you") != first


def test_language_switch(open_page, shoot):
    page = open_page("/search?q=ice cream")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("link", name="EN", exact=True).click()
    page.get_by_role("heading", level=1, name="Results for “ice cream”").wait_for()
    assert {"Vanilla ice cream, 500 ml", "Mango ice cream, 90 g"} <= set(titles(page, "search"))
    page.get_by_role("link", name="For you").click()
    page.wait_for_url(re.compile(r"/$"))
    assert page.locator("html").get_attribute("lang") == "en"
    shoot(page, "home-en")


def test_the_browsers_language_is_the_default(open_page):
    assert open_page(language="en-GB").locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("path", ["/", "/search?q=茶&brand=西湖春", "/item/t01", "/report", "/docs"])
def test_a_phone_never_scrolls_sideways(open_page, shoot, path):
    page = open_page(path, width=360, height=780, device_scale_factor=2, is_mobile=True, has_touch=True)
    assert fits(page)
    shoot(page, "phone-" + (re.findall(r"\w+", path) or ["home"])[0])


def test_filters_fold_on_a_phone(open_page):
    page = open_page("/search?q=茶", width=360, height=780)
    brand = page.locator(".facet a", has_text="西湖春")
    assert not brand.is_visible()
    page.locator(".fold > summary").click()
    brand.click()
    page.wait_for_url("**brand=**")


def test_the_report(open_page, shoot):
    page = open_page("/report")
    assert page.get_by_text("58% 的家庭").is_visible()
    assert page.locator("svg.chart").count() == 2 and page.locator("svg.chart rect.strong").count() == 2
    assert page.locator(".mini.hit").count() == 3 * 10
    assert fits(page)
    shoot(page, "report")


def test_the_banner_of_meaning_follows_the_index_until_it_is_complete(open_page, shoot):
    health = {"meaning": {"done": 43, "total": 100}}
    page = open_page("/docs")
    page.route("**/v1/health", lambda route: route.fulfill(json=health))
    page.goto("/")
    page.get_by_text("语义索引 43%").wait_for()
    shoot(page, "home-meaning", whole=False)
    health["meaning"]["done"] = 100
    page.locator("#meaning").wait_for(state="hidden")


def test_reading_and_searching_need_no_script(open_page):
    page = open_page(java_script_enabled=False)
    page.get_by_role("searchbox").fill("咖啡")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator(".facet a", has_text="北角烘焙").click()
    page.wait_for_url("**brand=**")
    page.locator('[data-page="search"] .card-link').first.click()
    page.wait_for_url("**/item/**")
    page.get_by_role("button", name="加入购物车").first.click()
    page.wait_for_url("**/item/**")


def test_the_keyboard_reaches_everything(open_page):
    page = open_page("/search?q=茶")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select')]
             .filter(e => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length && !e.title)
             .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_the_dark(open_page, shoot):
    page = open_page(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(24, 22, 20)"
    shoot(page, "home-dark", whole=False)
